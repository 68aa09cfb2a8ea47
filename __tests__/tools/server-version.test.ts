import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { toolsOf } from "../../cli/core/toolbox/list";
import { reloadMatrix } from "../../model/change";
import { serverKeys } from "../../model/config/server-keys";
import { defaultRelease, testedReleases } from "../../model/config/server-releases";
import { optionsOf, printOptions, readOptions } from "../../tools/server-version/options";
import { goModPin, pinned, pins, withPin } from "../../tools/server-version/pins";
import { printReleases, type Releases, withRelease } from "../../tools/server-version/releases";
import { difference, disagreements, matrixOf, printMatrix, reloadableOf } from "../../tools/server-version/reload";

const root = resolve(__dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("the version of nats-server", () => {
  test.each(pins)("$file names the default release alone", ({ file, pattern }) => {
    const named = pinned(read(file), pattern);
    expect(named.length).toBeGreaterThan(0);
    expect(new Set(named)).toEqual(new Set([defaultRelease]));
  });

  test("Go builds the default release, and the tests run all that are tested", () => {
    expect(pinned(read("tools/go.mod"), goModPin)).toEqual([defaultRelease]);
    const servers = toolsOf(["test"]).filter(({ tool }) => /^nats-server(@|$)/.test(tool.name));
    const versions = servers.map(({ tool }) => tool.kind === "made" && tool.version);
    expect(versions.sort()).toEqual([...testedReleases].sort());
  });

  test("stands nowhere else in the sources", () => {
    const sources = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.js"], {
      cwd: root,
      encoding: "utf8",
    }).split("\n");
    const mayName = ["model/config/server-releases.ts", "model/config/server-keys.ts", ...pins.map(({ file }) => file)];
    const others = sources.filter(
      (file) => file !== "" && !/^(__tests__|docs)\//.test(file) && !mayName.includes(file),
    );
    expect(others.length).toBeGreaterThan(500);
    expect(others.filter((file) => read(file).includes(`"${defaultRelease}"`))).toEqual([]);
  });

  test("is one of two lines that are tested", () => {
    expect(testedReleases).toContain(defaultRelease);
    expect(testedReleases).toHaveLength(2);
  });

  test("is written as it stands", () => {
    const releases = { tested: testedReleases, default: defaultRelease };
    expect(printReleases(releases)).toBe(read("model/config/server-releases.ts"));
    expect(printMatrix(reloadMatrix)).toBe(read("model/change/reload-matrix.ts"));
    const options = read("tools/server-options.txt");
    expect(printOptions(defaultRelease, readOptions(options))).toBe(options);
  });

  test("a place that no longer names it is an error, not a version that stays behind", () => {
    const pin = { file: "a.md", pattern: /(?<=default )\d+\.\d+\.\d+/g };
    expect(withPin("default 2.14.5; default 2.14.4, and 2.14.4", pin, "2.15.2")).toBe(
      "default 2.15.2; default 2.15.2, and 2.14.4",
    );
    expect(() => withPin("2.14.5", pin, "2.15.2")).toThrow("a.md names no version");
  });
});

describe("another release", () => {
  const now: Releases = { tested: ["2.15.2", "2.14.5"], default: "2.15.2" };
  const held: Releases = { ...now, default: "2.14.5" };

  test.each<[string, Releases, string, Releases]>([
    ["of the default's line", now, "2.15.3", { tested: ["2.15.3", "2.14.5"], default: "2.15.3" }],
    ["of the other line", now, "2.14.6", { tested: ["2.15.2", "2.14.6"], default: "2.15.2" }],
    ["that is tested already", now, "2.14.5", now],
    ["that was held back", held, "2.15.2", now],
    ["of the line where the default was held", held, "2.14.6", { tested: ["2.15.2", "2.14.6"], default: "2.14.6" }],
  ])("%s", (_, releases, version, expected) => expect(withRelease(releases, version)).toEqual(expected));

  test.each([
    ["2.14.3", "must not be deployed"],
    ["2.16.0", "must not be deployed"],
    ["latest", "got latest"],
  ])("%s is refused", (version, why) => expect(() => withRelease(now, version)).toThrow(why));
});

test("a release that must not be deployed ends the command before anything is measured or written", () => {
  const args = [join(root, "node_modules/tsx/dist/cli.mjs"), "tools/server-version.ts", "2.14.3"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^server-version: nats-server 2.14.3 must not be deployed: .*; nothing was written\n$/);
});

describe("what was measured", () => {
  const measured = {
    "2.15.2": { a: "reloaded", b: "reloaded", c: "reloaded", d: "not supported" },
    "2.14.5": { a: "reloaded", b: "not supported", c: "reloaded", d: "not supported" },
  };

  test("reloads where every release takes it over and nothing speaks against it", () => {
    const matrix = matrixOf(measured, { c: "not shown", e: "never tried" });
    expect(matrix).toEqual({
      a: "reload",
      b: "2.14.5: not supported",
      c: "not shown",
      d: "not supported",
      e: "never tried",
    });
    expect(reloadableOf(matrix)).toEqual(["a"]);
    expect(disagreements(measured)).toEqual(["b: 2.15.2 takes it over, 2.14.5 refuses it"]);
  });

  test("differs by what came and what went", () => {
    expect(difference(["a", "b"], ["b", "c"])).toEqual(["+ c", "- a"]);
  });

  test("are the options of every block, as the parser reads them", () => {
    const source = `
func (o *Options) processConfigFileLine(k string) {
	switch strings.ToLower(k) {
	case "listen":
	case "max_payload", "max_pay":
	}
}
func parseJetStreamLimits(v any) error {
		case "default_max_consumers":
}
func other() {
	case "no_option":
}`;
    expect(optionsOf(source)).toEqual(["jetstreamlimits.default_max_consumers", "listen", "max_pay", "max_payload"]);
  });

  test("has every key of the table, under the last part of its path", () => {
    const options = readOptions(read("tools/server-options.txt")).map((option) => option.split(".").at(-1));
    const keys = Object.keys(serverKeys).map((key) => key.split(".").at(-1));
    expect(keys.filter((key) => !options.includes(key))).toEqual([]);
  });
});
