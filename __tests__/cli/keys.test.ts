import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromCurveSeed, fromSeed } from "nkeys.js";
import { withLock } from "../../cli/core/lock";
import { keyLocation } from "../../cli/keys/location";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import type { Trust } from "../../model/config";
import { parseKeys } from "../../runtime/backup/keys";
import { contents, modeOf, seeds } from "../support/cli-run";
import { type CommandResult, TestProject } from "../support/project";

let project: TestProject;
let results: CommandResult[];
beforeEach(() => {
  project = new TestProject();
  results = [];
  project.write(demo);
  project.write({ ...kubernetesProduction, name: "operated" });
});
afterEach(async () => {
  await project.remove();
  // Whatever was run: no seed was printed, to any stream.
  for (const { stdout, stderr } of results) expect(stdout + stderr).not.toMatch(seeds);
});

async function keys(...args: string[]): Promise<CommandResult> {
  const result = await project.natsform("keys", ...args);
  results.push(result);
  return result;
}
const store = (name = "demo") => join(project.root, ".natsform", name, "keys");
const seedOf = (key: string, name = "demo") => readFileSync(join(store(name), `${key}.key`), "utf8").trim();
const trustPath = (name = "demo") => join(project.root, "environments", `${name}.trust.json`);
const trustOf = (name = "demo") => JSON.parse(readFileSync(trustPath(name), "utf8")) as Trust;
const publicKey = (seed: string) => {
  const bytes = new TextEncoder().encode(seed);
  return (seed.startsWith("SX") ? fromCurveSeed(bytes) : fromSeed(bytes)).getPublicKey();
};

describe("init", () => {
  test("makes keys for their owner alone, and a trust file of their public halves", async () => {
    const { code, stdout } = await keys("init", "demo");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ keys made in folder .*: .*issuer.*\nenvironments\/demo\.trust\.json written\n$/);
    expect(modeOf(store())).toBe("700");
    const files = readdirSync(store());
    expect(files).toEqual(
      expect.arrayContaining(["issuer.key", "xkey.key", "user-sys.key", "user-service-main-api.key"]),
    );
    for (const file of files) expect(modeOf(join(store(), file))).toBe("600");
    const trust = trustOf();
    expect(trust).toMatchObject({ environment: "demo", example: false });
    expect(trust.issuer).toBe(publicKey(seedOf("issuer")));
    expect(trust.xkey).toBe(publicKey(seedOf("xkey")));
    for (const [name, key] of Object.entries(trust.users)) expect(key).toBe(publicKey(seedOf(`user-${name}`)));
    expect(readFileSync(trustPath(), "utf8")).not.toMatch(seeds);
    expect((await project.natsform("check", "demo")).code).toBe(0);
  });

  test.each(["demo", "operated"])("changes nothing the second time (%s)", async (name) => {
    await keys("init", name);
    const before = contents(project.root);
    const { code, stdout } = await keys("init", name);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 keys made in .*\nenvironments\/.*\.trust\.json is up to date\n$/);
    expect(contents(project.root)).toEqual(before);
  });

  test("makes what a new service needs and keeps the rest", async () => {
    await keys("init", "demo");
    const before = trustOf();
    const services = { ...demo.identity.services, reports: { account: "APP" } };
    project.write({ ...demo, identity: { ...demo.identity, services } as never });
    const { stdout } = await keys("init", "demo");
    expect(stdout).toMatch(/^1 key made in .*: user-service-reports\n/);
    const after = trustOf();
    expect(after).toEqual({ ...before, users: { ...before.users, "service-reports": after.users["service-reports"] } });
  });

  test("refuses to lock everyone out: the trust file belongs to keys that the store does not hold", async () => {
    await keys("init", "demo");
    rmSync(store(), { recursive: true });
    const before = contents(join(project.root, "environments"));
    const { code, stderr } = await keys("init", "demo");
    expect(code).toBe(1);
    expect(stderr).toMatch(/belongs to keys that are not in folder .*lock everyone out\n {2}fix: .*--store/);
    expect(contents(join(project.root, "environments"))).toEqual(before);
    expect(existsSync(store()) ? readdirSync(store()) : []).toEqual([]);
  });

  test("replaces an example by real keys", async () => {
    await keys("example", "demo");
    const example = trustOf();
    expect((await keys("init", "demo")).code).toBe(0);
    expect(trustOf().example).toBe(false);
    expect(trustOf().issuer).not.toBe(example.issuer);
  });

  test("keeps keys in a store of one's choice", async () => {
    const folder = join(project.root, "vault");
    expect((await keys("init", "demo", "--store", `file:${folder}`)).code).toBe(0);
    expect(readdirSync(folder)).toContain("issuer.key");
    expect(modeOf(folder)).toBe("700");
    expect(existsSync(store())).toBe(false);
    const unknown = await keys("init", "demo", "--store", "ftp://x");
    expect(unknown.code).not.toBe(0);
  });

  test("makes accounts, an operator and logins where the environment has one", async () => {
    await keys("init", "operated");
    const trust = trustOf("operated");
    expect(trust.operator?.publicKey).toBe(publicKey(seedOf("operator", "operated")));
    expect(Object.keys(trust.accounts).sort()).toEqual(["APP", "AUTH", "LEAF", "SYS", "USERS"]);
    expect(seedOf("creds-sys", "operated")).toMatch(/BEGIN NATS USER JWT/);
    for (const file of readdirSync(store("operated"))) expect(modeOf(join(store("operated"), file))).toBe("600");
  });
});

test("example writes a trust file that nobody holds the seeds of, and never over a real one", async () => {
  const { code, stdout } = await keys("example", "demo");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "environments/demo.trust.json written, as an example\n" });
  expect(trustOf().example).toBe(true);
  expect(existsSync(join(project.root, ".natsform"))).toBe(false);
  await keys("init", "demo");
  const real = trustOf();
  const refused = await keys("example", "demo");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("demo.trust.json is not an example: it belongs to a deployment");
  expect(trustOf()).toEqual(real);
});

test("show prints public halves and whether their seeds are here, never seeds", async () => {
  await keys("init", "operated");
  const trust = trustOf("operated");
  const { code, stdout } = await keys("show", "operated");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^issuer +${trust.issuer} +in the store$`, "m"));
  expect(stdout).toMatch(new RegExp(`^signing-APP +${trust.accounts.APP?.signingKey} +in the store$`, "m"));
  rmSync(join(store("operated"), "xkey.key"));
  const shown = JSON.parse((await keys("show", "operated", "--json")).stdout);
  expect(shown).toMatchObject({ environment: "operated", example: false });
  expect(shown.keys).toContainEqual({ key: "xkey", publicKey: trust.xkey, held: false });
  expect(shown.keys).toContainEqual({ key: "user-sys", publicKey: trust.users.sys, held: true });
});

test.each(["show", "rotate"])("%s before init says what to run", async (command) => {
  const { code, stderr } = await keys(command, "demo");
  expect(code).toBe(1);
  expect(stderr).toMatch(/there is no trust file\n {4}fix: run natsform keys init/);
});

describe("rotate", () => {
  test("puts new keys in front of the old ones until it is finished", async () => {
    await keys("init", "demo");
    const [before, old] = [trustOf(), seedOf("issuer")];
    const { code, stdout } = await keys("rotate", "demo");
    expect({ code, first: stdout.split("\n")[0] }).toEqual({
      code: 0,
      first: "rotated: issuer, xkey, user-responder, backup-key",
    });
    expect(seedOf("issuer-previous")).toBe(old);
    expect(modeOf(join(store(), "issuer-previous.key"))).toBe("600");
    expect(trustOf()).toEqual({
      ...before,
      issuer: publicKey(seedOf("issuer")),
      xkey: publicKey(seedOf("xkey")),
      users: { ...before.users, responder: publicKey(seedOf("user-responder")) },
      backupKey: parseKeys(seedOf("backup-key"))[0]?.id,
      previous: { issuer: before.issuer, xkey: before.xkey, "user-responder": before.users.responder },
    });
    expect((await keys("show", "demo")).stdout).toMatch(
      new RegExp(`^issuer-previous +${before.issuer} +in the store$`, "m"),
    );
    expect(trustOf().issuer).not.toBe(before.issuer);

    const again = await keys("rotate", "demo");
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("the rotation of issuer is not finished");

    const during = trustOf();
    expect((await keys("rotate", "demo", "--finish")).stdout).toContain("dropped: issuer, xkey, user-responder");
    expect(readdirSync(store()).filter((file) => file.includes("previous"))).toEqual([]);
    const { previous, ...rest } = during;
    expect(trustOf()).toEqual(rest);
    const nothing = await keys("rotate", "demo", "--finish");
    expect(nothing.code).toBe(1);
    expect(nothing.stderr).toContain("demo has no rotation to finish");
  });

  test("changes the signing keys of an operator's accounts, never the accounts", async () => {
    await keys("init", "operated");
    const before = trustOf("operated");
    await keys("rotate", "operated");
    const after = trustOf("operated");
    expect(after.operator).toEqual(before.operator);
    for (const [name, { publicKey, signingKey }] of Object.entries(before.accounts)) {
      expect(after.accounts[name]?.publicKey).toBe(publicKey);
      expect(after.accounts[name]?.signingKey).not.toBe(signingKey);
    }
  });
});

test("keys of before a rotation that somebody else committed are neither pushed nor made a trust file of", async () => {
  await keys("init", "demo");
  const old = seedOf("issuer");
  await keys("rotate", "demo");
  // A colleague's copy, which has the new trust file alone.
  writeFileSync(join(store(), "issuer.key"), old);
  for (const name of ["issuer", "xkey", "user-responder"]) rmSync(join(store(), `${name}-previous.key`));
  const [before, target] = [trustOf(), join(project.root, "deployed")];
  for (const args of [
    ["push", "demo", "--to", `file:${target}`],
    ["init", "demo"],
    ["rotate", "demo", "--finish"],
  ]) {
    const { code, stderr } = await keys(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(/holds other keys than the trust file: issuer\n {2}fix: use the keys that belong to/);
  }
  expect(existsSync(target)).toBe(false);
  expect(trustOf()).toEqual(before);
  const rows = JSON.parse((await project.natsform("doctor", "demo", "--json")).stdout);
  expect(rows).toContainEqual(
    expect.objectContaining({
      name: "keys",
      ok: false,
      found: expect.stringMatching(/holds other keys than the trust file: issuer$/),
    }),
  );
  const { code, stderr } = await project.natsform("deploy", "demo", "--yes");
  expect(code).toBe(1);
  expect(stderr).toMatch(/keys: .*holds other keys than the trust file: issuer; needed: /);
  expect((await project.natsform("deploy", "demo", "--destroy", "--yes")).stderr).not.toContain("other keys");
});

test("a trust file that a deployment goes by is left alone until it has ended", async () => {
  await keys("init", "demo");
  const before = trustOf();
  await withLock(keyLocation(project.root, "demo", {}).lock, async () => {
    for (const args of [
      ["rotate", "demo"],
      ["init", "demo"],
      ["push", "demo", "--to", `file:${project.root}/deployed`],
    ]) {
      const { code, stderr } = await keys(...args);
      expect(code).toBe(1);
      expect(stderr).toContain(`another natsform command works on this environment (process ${process.pid})`);
    }
  });
  expect(trustOf()).toEqual(before);
});

describe("push", () => {
  test("writes what programs read; what signs accounts stays; the second time nothing is written", async () => {
    await keys("init", "operated");
    const target = join(project.root, "deployed");
    const { code, stdout } = await keys("push", "operated", "--to", `file:${target}`);
    expect(code).toBe(0);
    const written = readdirSync(target);
    expect(stdout).toBe(`${written.length} secrets written to folder ${target}, 0 unchanged\n`);
    expect(written).toEqual(expect.arrayContaining(["callout-xkey.key", "creds-sys.key", "creds-responder.key"]));
    expect(written.filter((name) => /^(operator|account-)/.test(name))).toEqual([]);
    expect(modeOf(target)).toBe("700");
    for (const file of written) expect(modeOf(join(target, file))).toBe("600");
    for (const file of ["creds-sys.key", "creds-responder.key"])
      expect(readFileSync(join(target, file), "utf8")).toBe(readFileSync(join(store("operated"), file), "utf8"));
    const again = await keys("push", "operated", "--to", `file:${target}`);
    expect(again.stdout).toBe(`0 secrets written to folder ${target}, ${written.length} unchanged\n`);
  });

  test("gives the responder old and new keys while they are rotated, the current one first", async () => {
    await keys("init", "demo");
    await keys("rotate", "demo");
    const target = join(project.root, "deployed");
    await keys("push", "demo", "--to", `file:${target}`);
    const pushed = readFileSync(join(target, "callout-issuer.key"), "utf8").trim().split("\n");
    expect(pushed).toEqual([seedOf("issuer"), seedOf("issuer-previous")]);
    const logins = readFileSync(join(target, "user-responder.key"), "utf8").trim().split("\n");
    expect(logins).toEqual([seedOf("user-responder"), seedOf("user-responder-previous")]);
  });

  test("with a key missing nothing is written", async () => {
    await keys("init", "demo");
    rmSync(join(store(), "user-responder.key"));
    const target = join(project.root, "deployed");
    const { code, stderr } = await keys("push", "demo", "--to", `file:${target}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/lacks user-responder\n {2}fix: natsform keys init creates what is missing\n$/);
    expect(existsSync(target)).toBe(false);
  });

  test("without keys there is nothing to copy", async () => {
    const { code, stderr } = await keys("push", "demo", "--to", `file:${join(project.root, "deployed")}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: there are no keys in folder .*\n {2}fix: natsform keys init\n$/);
  });
});
