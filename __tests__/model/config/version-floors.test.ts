import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findAll, findNatsServer, programFolder } from "../../../cli/core/tools";
import { versionRefusal } from "../../../model/config/advisories";
import { compareVersions } from "../../../model/config/server-keys";
import { defaultRelease } from "../../../model/config/server-releases";

/** The oldest versions that published advisories leave standing, against what is deployed, tested and installed. */

const root = resolve(__dirname, "../../..");
const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const isAtLeast = (version: string, floor: string) => compareVersions(version, floor) >= 0;

describe("nats-server", () => {
  test.each([
    ["2.14.5", true, "the pinned one"],
    ["2.14.4", true, "the floor"],
    ["2.14.3", false, "queue denies on routes, PING before CONNECT, certificate users"],
    ["2.14.2", false, "secnote 2026-27: an MQTT login stops it"],
    ["2.14.0", false, "secnotes 2026-16 to 18"],
    ["2.15.0", true, "carries the fixes of 2.14.4"],
    ["2.15.2", true, "newer"],
    ["2.12.12", false, "secnotes 2026-20 to 28"],
    ["2.11.17", false, "secnotes 2026-20 to 28"],
    ["2.10.27", false, "CVE-2025-30215 is fixed, what came later is not"],
    ["2.13.0", false, "no release of this line has the fixes"],
  ])("%s may be deployed: %s (%s)", (version, may) => {
    expect(versionRefusal(version) === undefined).toBe(may);
  });

  test("the pinned one may be deployed, and is the one that tools/go.mod builds", () => {
    expect(versionRefusal(defaultRelease)).toBeUndefined();
    expect(readFileSync(join(root, "tools/go.mod"), "utf8")).toContain(
      `github.com/nats-io/nats-server/v2 v${defaultRelease}`,
    );
  });

  test("every shipped environment names a version that may be deployed", () => {
    const named = readdirSync(join(root, "environments"))
      .filter((file) => file.endsWith(".ts"))
      .flatMap(
        (file) => /version: "(\d+\.\d+\.\d+)"/.exec(readFileSync(join(root, "environments", file), "utf8")) ?? [],
      )
      .filter((text) => /^\d/.test(text));
    expect(named.length).toBeGreaterThan(0);
    for (const version of named) expect([version, versionRefusal(version)]).toEqual([version, undefined]);
  });
});

/** Of the packages that handle tokens, keys and connections. */
const packages: [string, string, string][] = [
  ["jose", "6.0.0", "version 5 and older ended on 2026-04-30; CVE-2024-28176 below 4.15.5"],
  ["nats", "2.29.3", "the last of its line"],
  ["@nats-io/nats-core", "3.4.0", "the newest, no advisory"],
  ["@nats-io/jwt", "0.0.11", "the newest; what it writes is tested with the server"],
  ["nkeys.js", "1.1.0", "the newest"],
  ["tweetnacl", "1.0.3", "1.0.2 and older: wrong results on some inputs"],
];
test.each(packages)("%s is at least %s: %s", (name, floor) => {
  const { version } = read(`node_modules/${name}/package.json`);
  expect([version, isAtLeast(version, floor)]).toEqual([version, true]);
  const { dependencies, devDependencies } = read("package.json");
  expect({ ...dependencies, ...devDependencies }[name]).toBe(version);
});

test.each([
  ["jsonwebtoken", "GHSA-869p-cjfg-cm3x by way of jws"],
  ["jws", "GHSA-869p-cjfg-cm3x"],
  ["fast-jwt", "CVE-2026-34950, -35039, -35042"],
  ["jwks-rsa", "its keys are cached by nobody's rules but its own"],
  ["node-jose", "unmaintained"],
])("%s is not installed, not even below another package: %s", (name) => {
  const installed = Object.keys(read("package-lock.json").packages);
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter((path) => path.endsWith(`node_modules/${name}`))).toEqual([]);
});

describe("Go", () => {
  const go = findAll("go")[0] ?? ["/usr/local/go/bin/go"].find(existsSync);
  const server = findNatsServer();
  const onGo = go && server?.startsWith(programFolder()) ? test : test.skip;

  // CVE-2025-68121: mutual TLS with another authority on each listener, which is how routes and leaf nodes are kept apart.
  onGo("that built nats-server is at least 1.25.7 (skipped without Go, or with a nats-server from elsewhere)", () => {
    const text = execFileSync(go as string, ["version", "-m", server as string], { encoding: "utf8" });
    const version = /go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? "0.0.0";
    expect([version, isAtLeast(version, "1.25.7")]).toEqual([version, true]);
    expect(text).toContain("github.com/nats-io/nats-server/v2");
  });
});
