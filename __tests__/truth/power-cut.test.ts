import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EnvironmentInput } from "../../model/config";
import { contents } from "../support/cli-run";
import { canCutPower, type Disks, makeDisks } from "../support/disks";
import { eventually } from "../support/eventually";
import { filesBelow } from "../support/files";
import { TestProject } from "../support/project";
import { soaking } from "../support/soak";
import { app, permissions, threeServers } from "../support/twin-environment";
import { endProcessesOf, natsformProcess } from "../support/twin-processes";
import { TestTwin } from "../support/twin-project";

jest.setTimeout(soaking ? 1_800_000 : 240_000);

/**
 * What the command line has written when the power goes. The disk is an ext4 image: what was not synced is lost at once,
 * as it is when a machine loses its power.
 */
const possible = canCutPower();
if (!possible) process.stderr.write("power cuts are skipped: a disk of one's own needs loop devices and root\n");
const withPower = possible ? test : test.skip;

const environment = (name: string, mode: "callout" | "operator"): EnvironmentInput =>
  threeServers(name, {
    identity: {
      mode,
      oidc: { issuer: "https://tests.eu.auth0.com/", audience: "https://api.tests.example.com" },
      permissions,
      services: { api: app },
    },
    clusters: {
      core: {
        platform: { kind: "aws-ec2", region: "eu-west-1", domain: "tests.example.com" },
        size: 1,
        jetstream: { memory: "16MiB", file: "32MiB", durability: "durable" },
      },
    },
    streams: [{ name: "ORDERS", cluster: "core", subjects: ["orders.>"], replicas: 1, maxAge: "7d", maxBytes: "1MiB" }],
  });

let disks: Disks;
let project: TestProject;
beforeEach(() => {
  if (!possible) return;
  disks = makeDisks(1, 192);
  project = new TestProject(disks.folders[0]);
});
afterEach(async () => {
  if (!possible) return;
  await endProcessesOf(project.root);
  disks.remove();
});

/** An environment file that is there after a power cut: it is the user's, not natsform's. */
function write(environment: EnvironmentInput): void {
  project.write(environment);
  execFileSync("sync");
}

/** Cuts the power: what runs in the project ends with it, and the disk is what it is after a boot. */
async function powerCut(): Promise<void> {
  disks.cut();
  await endProcessesOf(project.root);
  disks.restore();
}

/** Files of natsform that hold nothing; those of servers and logs are theirs. */
const emptyFiles = (folder: string): string[] =>
  files(folder).filter((file) => statSync(join(folder, file)).size === 0);

const files = (folder: string): string[] =>
  filesBelow(folder).filter((file) => !/(^|\/)(data|log|(keys\.)?lock|nats\.pid)(\/|$)/.test(file));

withPower("keys that were made are there after a power cut", async () => {
  write(environment("kept", "operator"));
  await project.run("keys", "init", "kept");
  await powerCut();
  const work = join(project.root, ".natsform");
  expect(emptyFiles(work)).toEqual([]);
  expect(files(join(work, "kept", "keys")).length).toBeGreaterThan(5);
  expect(await project.run("keys", "init", "kept")).toMatch(/^0 keys made/);
  expect((await project.natsform("check", "kept")).code).toBe(0);
});

withPower.each(soaking ? (["callout", "operator"] as const) : (["operator"] as const))(
  "a twin that was brought up is the same one after a power cut: %s",
  async (mode) => {
    const twin = new TestTwin(project, "kept");
    write(environment("kept", mode));
    await twin.up();
    await twin.with(twin.service(), (client) => client.publishToStream("orders.1", "kept", { messageId: "1" }));
    const [seeds, trust] = [twin.seed("user-service-api"), twin.trust()];
    await twin.close();
    await powerCut();
    expect(emptyFiles(join(project.root, ".natsform", "kept"))).toEqual([]);
    expect([twin.seed("user-service-api"), twin.trust()]).toEqual([seeds, trust]);
    await twin.up();
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
    await twin.close();
  },
);

test("a stream whose creation was cut off does not keep its server from being brought up: it is created then", async () => {
  const own = new TestProject();
  try {
    own.write(environment("half", "operator"));
    const twin = new TestTwin(own, "half");
    await twin.up();
    await own.run("down", "half", "--now");
    // What is there between the first two writes of a creation.
    const [account] = readdirSync(join(twin.folder.root, "servers", "core-0", "data", "jetstream"));
    const streams = join(twin.folder.root, "servers", "core-0", "data", "jetstream", account ?? "", "streams");
    expect(readdirSync(streams)).toEqual(["ORDERS"]);
    rmSync(join(streams, "ORDERS"), { recursive: true });
    mkdirSync(join(streams, "ORDERS"));
    expect(await twin.up()).toMatch(/Streams: 1 as configured, 1 change/);
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  } finally {
    await own.remove();
  }
});

/** Moments at which the power goes: after so many files. All of them in `make soak`. */
const moments = soaking ? Array.from({ length: 20 }, (_, i) => (i + 1) / 21) : [0.2, 0.55, 0.9];

withPower("a power cut in the middle of up leaves what the next one goes on from", async () => {
  write(environment("whole", "operator"));
  const whole = new TestTwin(project, "whole");
  await whole.up();
  const total = files(whole.folder.root).length;
  await project.run("down", "whole", "--wipe");
  for (const [i, moment] of moments.entries()) {
    const name = `cut${i}`;
    const twin = new TestTwin(project, name, whole.ports);
    write(environment(name, "operator"));
    const up = natsformProcess(project, "up", name, "--ports", twin.ports);
    await eventually(
      `${moment} of its files`,
      () => up.exitCode !== null || files(twin.folder.root).length >= total * moment,
    );
    await powerCut();
    await project.run("up", name, "--ports", twin.ports);
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
    await project.run("down", name, "--wipe");
  }
});

test("an up that is killed at any moment is carried on by the next one, and leaves no second server", async () => {
  const own = new TestProject();
  try {
    const twin = new TestTwin(own, "killed");
    own.write(environment("killed", "operator"));
    await twin.up();
    const total = files(twin.folder.root).length;
    await own.run("down", "killed", "--wipe");
    for (const moment of moments) {
      const up = natsformProcess(own, "up", "killed", "--ports", twin.ports);
      await eventually(
        `${moment} of its files`,
        () => up.exitCode !== null || files(twin.folder.root).length >= total * moment,
      );
      up.kill("SIGKILL");
      await eventually("its end", () => up.exitCode !== null || up.signalCode !== null);
      const running = twin.pids();
      await twin.up();
      expect({ moment, pids: twin.pids() }).toEqual({ moment, pids: expect.objectContaining(running) });
      expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
      await own.run("down", "killed", "--wipe");
    }
  } finally {
    await own.remove();
  }
});

/** Files of keys whose power is cut when so many of them are there. */
const keyFiles = (folder: string) => files(folder).filter((file) => file.endsWith(".key"));

/** Runs `natsform keys ...args` until something has happened, and cuts the power. */
async function cutKeys(args: readonly string[], happened: () => boolean): Promise<void> {
  const child = natsformProcess(project, "keys", ...args);
  await eventually(`keys ${args[0]} is at work`, () => child.exitCode !== null || happened());
  await powerCut();
}

/** One in every run: what matters is the order of writes, which all moments share. */
const keyMoments = soaking ? moments : [0.5];

withPower("a power cut in the middle of keys init leaves whole keys, and the same command makes the rest", async () => {
  const keys = join(project.root, ".natsform/first/keys");
  const trust = join(project.root, "environments/first.trust.json");
  write(environment("first", "operator"));
  await project.run("keys", "init", "first");
  const names = Object.keys(contents(keys)).sort();
  for (const moment of keyMoments) {
    rmSync(keys, { recursive: true });
    rmSync(trust);
    execFileSync("sync");
    await cutKeys(["init", "first"], () => keyFiles(keys).length >= names.length * moment);
    expect(emptyFiles(keys)).toEqual([]);
    const left = contents(keys);
    await project.run("keys", "init", "first");
    const whole = contents(keys);
    // What was there stays: somebody may have it already.
    expect({ moment, names: Object.keys(whole).sort(), ...whole }).toMatchObject({ moment, names, ...left });
    expect((await project.natsform("check", "first")).code).toBe(0);
  }
});

withPower(
  "a power cut in the middle of an import or a rotation of keys loses none, and the same command goes on",
  async () => {
    const keys = join(project.root, ".natsform/kept/keys");
    writeFileSync(join(project.root, "pw"), "correct horse");
    write(environment("kept", "operator"));
    await project.run("keys", "init", "kept");
    const passphrase = ["--passphrase-file", "pw"];
    await project.run("keys", "export", "kept", "--out", "kept.age", ...passphrase);
    await powerCut();
    // The export and its record are whole as soon as it says so.
    const before = contents(keys);
    expect(statSync(join(project.root, "kept.age")).size).toBeGreaterThan(1000);
    expect(
      JSON.parse(readFileSync(join(project.root, "environments/kept.keys-export.json"), "utf8")).keys,
    ).toHaveProperty("operator");
    for (const moment of keyMoments) {
      rmSync(keys, { recursive: true });
      execFileSync("sync");
      const enough = Object.keys(before).length * moment;
      await cutKeys(["import", "kept", "kept.age", ...passphrase], () => keyFiles(keys).length >= enough);
      expect(emptyFiles(keys)).toEqual([]);
      await project.run("keys", "import", "kept", "kept.age", ...passphrase);
      expect({ moment, keys: contents(keys) }).toEqual({ moment, keys: before });
    }
    for (const moment of keyMoments) {
      const old = () => keyFiles(keys).filter((file) => file.endsWith("-previous.key"));
      const held = contents(keys);
      await cutKeys(["rotate", "kept"], () => old().length >= 10 * moment);
      expect(emptyFiles(keys)).toEqual([]);
      // It was cut off before the trust file was written, or it is done.
      const again = await project.natsform("keys", "rotate", "kept");
      if (again.code !== 0) expect(again.stderr).toContain("is not finished");
      const rotated = contents(keys);
      for (const [name, seed] of Object.entries(held))
        expect({ name, there: Object.values(rotated).some((text) => text.includes(seed.trim())) }).toEqual({
          name,
          there: true,
        });
      await project.run("keys", "rotate", "kept", "--finish");
      expect((await project.natsform("check", "kept")).code).toBe(0);
    }
  },
);

const inSoak = possible && soaking ? test : test.skip;

inSoak("a power cut in the middle of a backup leaves those before, and the next one is made and proven", async () => {
  const { clusters, ...rest } = environment("kept", "callout");
  const backup = { to: "s3://backups/kept", encrypt: true } as const;
  write({ ...rest, clusters: { core: { ...clusters.core, backup } } } as EnvironmentInput);
  const twin = new TestTwin(project, "kept");
  await twin.up();
  await twin.with(twin.service(), (client) => client.publishToStream("orders.1", "kept", { messageId: "1" }));
  const backups = join(twin.folder.environment, "backups");
  /** Starts one. Resolves when it has written its first file, or is done. */
  const atWork = async () => {
    const before = filesBelow(backups).length;
    const run = natsformProcess(project, "backup", "run", "kept");
    await eventually("the backup is at work", () => run.exitCode !== null || filesBelow(backups).length > before);
    return run;
  };
  mkdirSync(backups, { recursive: true });
  const run = await atWork();
  const began = Date.now();
  await eventually("its end", () => run.exitCode !== null);
  const lastsMs = Date.now() - began;
  expect(run.exitCode).toBe(0);
  const first = filesBelow(backups);
  const [id = "none"] = readdirSync(join(backups, "kept/core/APP"));
  for (const moment of moments) {
    await atWork();
    await sleep(lastsMs * moment);
    await twin.close();
    await powerCut();
    expect(filesBelow(backups)).toEqual(expect.arrayContaining(first));
    await twin.up();
    await project.run("backup", "run", "kept");
    expect(await project.run("backup", "list", "kept")).toContain(`${id}  complete  1 streams  1 messages`);
    expect({ moment, ...(await project.natsform("backup", "drill", "kept")) }).toMatchObject({ moment, code: 0 });
  }
  await twin.close();
});
