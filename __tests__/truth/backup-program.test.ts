import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { connect } from "@nats-io/transport-node";
import { findNatsServer } from "../../cli/core/tools";
import { backUp } from "../../runtime/backup/backup";
import { folderOf, readCatalog } from "../../runtime/backup/catalog";
import { CipherError } from "../../runtime/backup/cipher";
import { drill } from "../../runtime/backup/drill";
import { parseKeys } from "../../runtime/backup/keys";
import { type Manifest, printManifest, readManifest } from "../../runtime/backup/manifest";
import { previewRestore } from "../../runtime/backup/restore";
import { startScratchServer } from "../../runtime/backup/scratch-server";
import type { ScratchServer } from "../../runtime/backup/scratch-sidecar";
import { folderTarget } from "../../runtime/backup/target-folder";
import { BackupProgram } from "../support/backup-program";
import { type BackupWorld, fill, makeStream, patient, scope, silent, startBackupWorld } from "../support/backup-world";
import { eventually } from "../support/eventually";
import { type OpenMoto, startOpenMoto } from "../support/moto";
import { freePort } from "../support/ports";

// Programs start slowly where other tests keep the machine busy.

let world: BackupWorld;
let program: BackupProgram;

beforeAll(async () => {
  world = await startBackupWorld(1);
  program = new BackupProgram(world.folder, world.program);
  await makeStream(world.jsm, { name: "A", subjects: ["a.>"] });
  await makeStream(world.jsm, { name: "B", subjects: ["b.>"], max_msgs_per_subject: 1 });
  await fill(world.app, "a", 10, () => randomBytes(200_000));
  await fill(world.app, "b", 100, (i) => Buffer.from(`b${i}`));
});
afterAll(() => world?.stop());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const folder = (name: string) => join(world.folder, name);
const to = (name: string) => ({ BACKUP_TO: `file://${folder(name)}` });
const catalog = (name: string, keys = [] as Parameters<typeof readCatalog>[2]) =>
  readCatalog(folderTarget(folder(name)), scope, keys);
/** Path of a file of a backup in a folder. */
const inBackup = (name: string, id: string | undefined, file: string) =>
  join(folder(name), folderOf(scope), id ?? "none", file);

describe("the program", () => {
  const key = randomBytes(32).toString("base64");

  test("backs up, lists, proves and restores, and says so in its log and metrics", async () => {
    writeFileSync(folder("key"), `${key}\n`, { mode: 0o600 });
    const settings = { ...to("whole"), BACKUP_KEY_FILE: folder("key"), BACKUP_METRICS_FILE: folder("metrics") };
    const made = await program.start("backup", settings);
    expect(made).toMatchObject({ code: 0 });
    expect(made.lines).toContainEqual(
      expect.objectContaining({ msg: "backup ends", complete: true, streams: 2, holes: 0 }),
    );
    expect(made.output).not.toContain(key);
    expect(made.output).not.toContain(readFileSync(folder("user.nk"), "utf8"));
    expect(readFileSync(folder("metrics"), "utf8")).toMatch(/natsform_backup_last_run_ok\{.*\} 1\n/);

    const listed = await program.start("list", settings);
    expect(listed.lines).toMatchObject([{ state: "complete", streams: 2, messages: 110 }]);

    const proven = await program.start("drill", settings);
    expect(proven).toMatchObject({ code: 0 });
    expect(proven.lines.filter(({ msg }) => msg === "drilled")).toMatchObject([{ result: "same" }, { result: "same" }]);
    expect(readFileSync(folder("metrics"), "utf8")).toMatch(/natsform_backup_drill_failed_streams\{.*\} 0\n/);

    const refused = await program.start("restore", settings);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("it exists") });
    await world.jsm.streams.delete("B");
    const dry = await program.start("restore", { ...settings, RESTORE_STREAMS: "B" });
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining("dry run") });
    expect(await world.jsm.streams.names().next()).toEqual(["A"]);
    const restored = await program.start("restore", { ...settings, RESTORE_STREAMS: "B", RESTORE_APPLY: "yes" });
    expect(restored).toMatchObject({ code: 0 });
    expect((await world.jsm.streams.info("B")).state.messages).toBe(100);
  });

  test("alarms when a stream is gone or half empty, and still exits 0", async () => {
    await makeStream(world.jsm, { name: "GONE", subjects: ["gone.>"] });
    await fill(world.app, "gone", 4, () => randomBytes(100));
    await program.start("backup", to("shrinking"));
    await world.jsm.streams.delete("GONE");
    const { code, lines } = await program.start("backup", to("shrinking"));
    expect(code).toBe(0);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: "shrunk", kind: "missing", stream: "GONE", level: 40 }),
    );
    const { metrics } = lines.find(({ msg }) => msg === "metrics") ?? {};
    expect(metrics).toMatch(/natsform_backup_shrink_alarms\{.*\} 1\n/);
  });

  test("keeps the newest complete backup whatever the retention is, and removes those before", async () => {
    for (let i = 0; i < 2; i++) await program.start("backup", to("kept"));
    const before = await catalog("kept");
    expect(before).toHaveLength(2);
    await eventually("the retention of a second is over", async () => {
      const { code } = await program.start("prune", { ...to("kept"), BACKUP_RETENTION_SECONDS: "1" });
      return code === 0 && (await catalog("kept")).length === 1;
    });
    expect((await catalog("kept")).map(({ id }) => id)).toEqual([before[1]?.id]);
  });

  test("exits 2 when no server can be reached, 1 when nothing makes sense", async () => {
    const nowhere = await program.start("backup", { ...to("none"), NATS_SERVERS: "tls://127.0.0.1:1" });
    expect(nowhere).toMatchObject({ code: 2, output: expect.stringContaining("no server can be reached") });
    expect(await program.start("backup", { BACKUP_TO: "ftp://x" })).toMatchObject({
      code: 1,
    });
    expect(await program.start("drill", to("none"))).toMatchObject({
      code: 1,
      output: expect.stringContaining("no complete backup"),
    });
    expect(await program.start("erase", to("none"))).toMatchObject({
      code: 1,
      output: expect.stringContaining("no such command"),
    });
  });

  test("trusts what was not encrypted, once there is a key, for whoever asks for it", async () => {
    const settings = { ...to("turned"), BACKUP_KEY: key };
    await program.start("backup", to("turned"));
    expect((await program.start("drill", settings)).output).toContain("may be forged");
    await program.start("backup", settings);
    const listed = await program.start("list", settings);
    const states = listed.lines.map(({ id, state }) => ({ id, state }));
    expect(states).toEqual([
      { id: expect.any(String), state: "unreadable" },
      { id: expect.any(String), state: "complete" },
    ]);
    const [before] = listed.lines;
    const old = { ...settings, RESTORE_ID: String(before?.id) };
    expect(await program.start("drill", old)).toMatchObject({ code: 1 });
    expect(await program.start("drill", { ...old, RESTORE_UNENCRYPTED: "yes" })).toMatchObject({ code: 0 });
  });

  describe.each([
    ["plain", []],
    ["encrypted", parseKeys(key)],
  ])("a backup that is %s", (name, keys) => {
    let manifest: Manifest;
    let scratch: ScratchServer;
    const target = () => folderTarget(folder(name));
    beforeAll(async () => {
      manifest = await backUp(world.backup, {
        target: target(),
        scope,
        key: keys[0],
        now: () => new Date(),
        log: silent,
      });
      scratch = await startScratchServer(findNatsServer() ?? "nats-server");
    });
    afterAll(() => scratch?.stop());

    const drilled = async () => {
      const verdicts = await drill(scratch.connection, { target: target(), manifest, keys, log: silent });
      return verdicts.map(({ stream, result }) => `${stream} ${result}`);
    };
    const preview = () =>
      previewRestore(scratch.connection, {
        ...{ target: target(), manifest, into: scope, keys, log: silent, streams: ["B"], replace: [] },
      });
    const path = (file: string) => inBackup(name, manifest.id, file);

    /** Does something while a file is not what it was. */
    async function during(file: string, change: (path: string) => void, work: () => Promise<void>) {
      copyFileSync(path(file), folder(`${name}-aside`));
      try {
        change(path(file));
        await work();
      } finally {
        copyFileSync(folder(`${name}-aside`), path(file));
      }
    }

    test("is proven, and so is that it can be restored", async () => {
      expect(await drilled()).toEqual(["A same", "B same"]);
      expect(await preview()).toMatchObject([{ kind: "restore" }]);
    });

    test.each<[string, (path: string) => void]>([
      ["one bit flipped", (path) => flip(path, statSync(path).size >> 1)],
      ["its end cut off", (path) => truncateSync(path, statSync(path).size - 1)],
      ["something behind it", (path) => appendFileSync(path, "x")],
      ["no data", (path) => rmSync(path)],
      ["the data of another stream", (file) => copyFileSync(path("A/data"), file)],
    ])("with %s is neither proven nor restored", async (_, change) => {
      await during("B/data", change, async () => {
        expect(await drilled()).toEqual(["A same", "B different"]);
        await expect(preview()).rejects.toThrow(/changed|bytes|is not there/);
      });
    });

    test("is none once its manifest is damaged", async () => {
      for (const change of [(path: string) => flip(path, 300), (path: string) => truncateSync(path, 300)])
        await during("manifest.json", change, async () => {
          const [entry] = await catalog(name, keys);
          expect(entry?.problem).toBeDefined();
          expect(entry?.manifest).toBeUndefined();
        });
    });

    test("with a forged manifest that fits its forged data is not restored where a key is used", async () => {
      const forged = structuredClone(manifest);
      for (const stream of forged.streams) stream.data = { ...stream.data, bytes: 6, sha256: sha256("forged") };
      await during(
        "B/data",
        (path) => writeFileSync(path, "forged"),
        async () => {
          const checked = previewRestore(scratch.connection, {
            ...{ target: target(), manifest: forged, into: scope, keys, log: silent, streams: ["B"], replace: [] },
          });
          if (keys.length > 0) await expect(checked).rejects.toThrow(CipherError);
          // Without one whoever can write there can write anything.
          else await expect(checked).resolves.toMatchObject([{ kind: "restore" }]);
        },
      );
      const text = printManifest({ ...forged, keyId: undefined });
      if (keys.length > 0) expect(() => readManifest(text, keys)).toThrow("may be forged");
      else expect(readManifest(text, keys)).toEqual(forged);
    });
  });

  function flip(path: string, at: number) {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }
});

describe("a drill with a server beside it", () => {
  const none = { NATS_SERVERS: undefined, NATS_NKEY_SEED_FILE: undefined, NATS_CA_FILE: undefined };
  let at: string;

  /** As in the second container of a pod. @returns what tells the program of it, and how it ends */
  async function serverBeside(limits = "") {
    const [port, store] = [await freePort(), mkdtempSync(join(world.folder, "beside-"))];
    at = `nats://127.0.0.1:${port}`;
    const [pid, conf] = [join(store, "nats.pid"), join(store, "nats.conf")];
    writeFileSync(conf, `jetstream { ${limits} }\n`);
    const child = spawn(
      findNatsServer() ?? "nats-server",
      ["-c", conf, "-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store, "-P", pid],
      { stdio: "ignore" },
    );
    const ended = once(child, "exit").then(([code]) => code as number | null);
    after.push(() => child.kill("SIGKILL"));
    return { told: { ...none, DRILL_SERVERS: at, DRILL_PID_FILE: pid }, ended };
  }
  const after: (() => void)[] = [];
  afterEach(() => {
    for (const end of after.splice(0)) end();
  });
  beforeAll(async () => {
    await makeStream(world.jsm, { name: "ROOMY", subjects: ["roomy.>"], max_bytes: 200_000_000 });
    await program.start("backup", to("beside"));
    await world.jsm.streams.delete("ROOMY");
  });

  test("proves a backup there, logs in nowhere, and ends that server", async () => {
    const { told, ended } = await serverBeside();
    const proven = await program.start("drill", { ...to("beside"), ...told });
    expect(proven).toMatchObject({ code: 0, output: expect.stringContaining('"msg":"proven"') });
    expect(await ended).toBe(0);
  });

  test("needs room for messages, and none for what streams set aside", async () => {
    const { told } = await serverBeside("max_file_store: 20MB");
    expect(await program.start("drill", { ...to("beside"), ...told })).toMatchObject({
      code: 0,
      output: expect.stringContaining('"stream":"ROOMY","result":"same"'),
    });
  });

  test("fails with a damaged backup, and ends that server", async () => {
    const [entry] = await catalog("beside");
    const data = inBackup("beside", entry?.id, "A/data");
    const whole = readFileSync(data);
    truncateSync(data, whole.length - 1);
    const { told, ended } = await serverBeside();
    const failed = await program.start("drill", { ...to("beside"), ...told });
    writeFileSync(data, whole);
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining("not proven") });
    expect(await ended).toBe(0);
  });

  test("ends that server when it cannot even begin", async () => {
    const { told, ended } = await serverBeside();
    expect(await program.start("drill", { ...told, BACKUP_TO: "nowhere" })).toMatchObject({ code: 1 });
    expect(await ended).toBe(0);
  });

  test("touches no server that holds streams", async () => {
    const { told } = await serverBeside();
    await eventually("the server listens", async () => {
      const nc = await connect({ servers: at });
      try {
        await (await patient(nc)).streams.add({ name: "A", subjects: ["a"] });
        return true;
      } finally {
        await nc.close();
      }
    });
    const refused = await program.start("drill", { ...to("beside"), ...told, DRILL_PID_FILE: undefined });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("holds streams") });
    const nc = await connect({ servers: at });
    expect(await (await patient(nc)).streams.names().next()).toEqual(["A"]);
    await nc.close();
  });
});

test("large messages take no large memory", async () => {
  await makeStream(world.jsm, { name: "HEAVY", subjects: ["heavy.>"] });
  await fill(world.app, "heavy", 90, () => randomBytes(900_000));
  const settings = { ...to("heavy"), NODE_OPTIONS: "--max-old-space-size=80" };
  expect(await program.start("backup", settings)).toMatchObject({ code: 0 });
  await world.jsm.streams.delete("HEAVY");
  expect(await program.start("drill", settings)).toMatchObject({ code: 0 });
});

describe("killed", () => {
  test("at any moment, it leaves whole backups and none that is not whole", async () => {
    const name = "killed";
    let began = 0;
    const whole = await program.start("backup", to(name), (_, output) => {
      if (began === 0 && output.includes("backup begins")) began = Date.now();
    });
    expect(whole.code).toBe(0);
    let lasts = Date.now() - began;
    const kill = async () => {
      const delay = Math.random() * lasts * 1.2;
      let begins = 0;
      const ended = await program.start("backup", to(name), (child, output) => {
        if (begins > 0 || !output.includes("backup begins")) return;
        begins = Date.now();
        setTimeout(() => child.kill("SIGKILL"), delay);
      });
      // The shortest counts: if the first was held up, the kills would come when most are over.
      if (ended.code === 0) lasts = Math.min(lasts, Date.now() - begins);
      return ended;
    };
    let finished = 0;
    for (let i = 0; i < 50; i++) if ((await kill()).code === 0) finished++;
    const entries = await catalog(name);
    const manifests = entries.flatMap(({ manifest }) => (manifest ? [manifest] : []));
    // Some were killed before their manifest, or the kills hit nothing.
    expect(entries.length).toBeGreaterThan(manifests.length);
    expect(manifests.length).toBeGreaterThanOrEqual(finished + 1);
    expect(entries.filter(({ problem }) => problem !== undefined)).toEqual([]);
    const scratch = await startScratchServer(findNatsServer() ?? "nats-server");
    try {
      for (const manifest of manifests)
        expect(await proof(scratch.connection, name, manifest)).toEqual(["A same", "B same"]);
    } finally {
      await scratch.stop();
    }
    // The next run is not disturbed by what they left.
    expect(await program.start("backup", to(name))).toMatchObject({ code: 0 });
  });

  test("in the middle of a restore, what it leaves is named by the next one, with the way out", async () => {
    const settings = { ...to("restored"), RESTORE_STREAMS: "A", RESTORE_APPLY: "yes" };
    expect(await program.start("backup", to("restored"))).toMatchObject({ code: 0 });
    const { messages } = (await world.jsm.streams.info("A")).state;
    for (const delay of [0, 5, 20, 60]) {
      await world.jsm.streams.delete("A");
      let planned = false;
      await program.start("restore", settings, (child, output) => {
        if (planned || !output.includes('"msg":"planned"')) return;
        planned = true;
        setTimeout(() => child.kill("SIGKILL"), delay);
      });
      expect(planned).toBe(true);
      const next = await program.start("restore", settings);
      const left = (await world.jsm.streams.info("A")).state.messages;
      // Killed before, after, or in the middle: half a stream is named as what it may be, with what to do.
      if (next.code !== 0 && left < messages) {
        expect(next.output).toContain("as a restore leaves it that was killed");
        expect(next.output).toContain("nats stream rm A");
        await world.jsm.streams.delete("A");
        expect(await program.start("restore", settings)).toMatchObject({ code: 0 });
      }
      expect((await world.jsm.streams.info("A")).state.messages).toBe(messages);
    }
  });

  async function proof(nc: Parameters<typeof drill>[0], name: string, manifest: Manifest) {
    const verdicts = await drill(nc, { target: folderTarget(folder(name)), manifest, keys: [], log: silent });
    return verdicts.map(({ stream, result }) => `${stream} ${result}`);
  }
});

describe("S3", () => {
  let moto: OpenMoto;
  let proxy: Server;
  let url: string;
  let s3: S3Client;
  /** Answers a request itself, or undefined to let it through. */
  let refuse: (method: string, path: string) => number | undefined = () => undefined;
  const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-west-1" };

  beforeAll(async () => {
    moto = await startOpenMoto();
    const { port } = new URL(moto.url);
    proxy = createServer((incoming, answer) => {
      const { method = "", url: path = "", headers } = incoming;
      const status = refuse(method, path);
      if (status !== undefined) {
        incoming.resume();
        if (status === 0) incoming.destroy();
        else incoming.on("end", () => answer.writeHead(status).end("<Error><Code>InternalError</Code></Error>"));
        return;
      }
      const passed = request({ host: "127.0.0.1", port, method, path, headers }, (found) => {
        answer.writeHead(found.statusCode ?? 500, found.headers);
        found.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    s3 = new S3Client({
      endpoint: moto.url,
      region: "eu-west-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    // More than one part.
    await makeStream(world.jsm, { name: "BIG", subjects: ["big.>"] });
    await fill(world.app, "big", 50, () => randomBytes(200_000));
    await s3.send(
      new CreateBucketCommand({ Bucket: "backups", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }),
    );
  });
  afterAll(async () => {
    s3?.destroy();
    await new Promise((resolve) => (proxy ? proxy.close(resolve) : resolve(undefined)));
    await moto?.stop();
  });
  afterEach(() => {
    refuse = () => undefined;
  });

  const settings = (prefix: string) => ({
    ...credentials,
    AWS_ENDPOINT_URL: url,
    BACKUP_TO: `s3://backups/${prefix}`,
  });
  const objects = async (prefix: string) =>
    ((await s3.send(new ListObjectsV2Command({ Bucket: "backups", Prefix: `${prefix}/` }))).Contents ?? []).map(
      ({ Key = "" }) => Key,
    );

  test("takes a stream in parts, gives it back, and is pruned", async () => {
    expect(await program.start("backup", settings("whole"))).toMatchObject({ code: 0 });
    const kept = await objects("whole");
    expect(kept.map((key) => key.split("/").slice(5).join("/")).sort()).toEqual([
      "A/data",
      "B/data",
      "BIG/data",
      "manifest.json",
    ]);
    expect(await program.start("drill", settings("whole"))).toMatchObject({ code: 0 });
    expect(await program.start("backup", settings("whole"))).toMatchObject({ code: 0 });
    await eventually("the retention of a second is over", async () => {
      await program.start("prune", { ...settings("whole"), BACKUP_RETENTION_SECONDS: "1" });
      return (await objects("whole")).length === 4;
    });
    const now = await objects("whole");
    expect(now).toHaveLength(4);
    expect(now.filter((key) => kept.includes(key))).toEqual([]);
  });

  test("that is gs:// is spoken to in the same way, with an endpoint of its own, encrypted as well", async () => {
    const google = {
      ...settings("google"),
      BACKUP_TO: "gs://backups/google",
      BACKUP_KEY: randomBytes(32).toString("base64"),
      AWS_ENDPOINT_URL: undefined,
      AWS_ENDPOINT_URL_S3: url,
    };
    expect(await program.start("backup", google)).toMatchObject({ code: 0 });
    expect(await program.start("drill", google)).toMatchObject({ code: 0 });
  });

  test("that stumbles now and then is asked again", async () => {
    // Each request once at most: asked again, it is answered.
    const asked = new Set<string>();
    refuse = (method, path) => {
      const request = `${method} ${path}`;
      if (asked.has(request)) return undefined;
      asked.add(request);
      return asked.size % 3 === 1 ? [500, 503, 0][Math.floor(asked.size / 3) % 3] : undefined;
    };
    expect(await program.start("backup", settings("stumbling"))).toMatchObject({ code: 0 });
    refuse = () => undefined;
    expect(await program.start("drill", settings("stumbling"))).toMatchObject({ code: 0 });
  });

  test.each<[string, (method: string, path: string) => boolean]>([
    ["takes no parts", (method, path) => method === "PUT" && path.includes("partNumber")],
    ["completes no upload", (method, path) => method === "POST" && path.includes("uploadId")],
    ["takes no manifest", (method, path) => method === "PUT" && path.includes("manifest.json")],
  ])("that %s has no complete backup, and says so", async (what, refused) => {
    const prefix = what.replaceAll(" ", "-");
    refuse = (method, path) => (refused(method, path) ? 500 : undefined);
    const { code } = await program.start("backup", settings(prefix));
    refuse = () => undefined;
    expect(code).toBe(1);
    const listed = await program.start("list", settings(prefix));
    expect(listed.lines.filter(({ state }) => state === "complete")).toEqual([]);
    const { Uploads = [] } = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: "backups", Prefix: `${prefix}/` }),
    );
    expect(Uploads).toEqual([]);
  });

  test("without the bucket, or with a forged manifest in it, is an error", async () => {
    const missing = await program.start("backup", { ...settings("x"), BACKUP_TO: "s3://no-such-bucket/x" });
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining("NoSuchBucket") });
    const Key = `forged/${folderOf(scope)}/20261121T020000Z-abcdef/manifest.json`;
    await s3.send(new PutObjectCommand({ Bucket: "backups", Key, Body: "{}\nsha256:00\n" }));
    expect(await program.start("drill", settings("forged"))).toMatchObject({
      code: 1,
      output: expect.stringContaining("changed after"),
    });
  });
});
