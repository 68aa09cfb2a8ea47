import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { AckPolicy, DeliverPolicy, jetstream, RetentionPolicy, StorageType, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { findNatsServer } from "../../cli/core/tools";
import { apiRequest } from "../../runtime/backup/api";
import { backUp } from "../../runtime/backup/backup";
import { folderOf } from "../../runtime/backup/catalog";
import { drill } from "../../runtime/backup/drill";
import { parseKeys } from "../../runtime/backup/keys";
import type { Manifest } from "../../runtime/backup/manifest";
import { previewRestore, type RestoreProps, restore } from "../../runtime/backup/restore";
import { restoreStream } from "../../runtime/backup/restore-stream";
import { startScratchServer } from "../../runtime/backup/scratch-server";
import { readData } from "../../runtime/backup/stored-data";
import { folderTarget } from "../../runtime/backup/target-folder";
import { unlessMissing, until } from "../../runtime/client/retry";
import { type BackupWorld, fill, makeStream, patient, scope, silent, startBackupWorld } from "../support/backup-world";
import { eventually } from "../support/eventually";
import { runsSince } from "../support/releases";
import type { TestServer } from "./streams-cluster";

// Programs start slowly where other tests keep the machine busy.

let world: BackupWorld;
let target: ReturnType<typeof folderTarget>;
const keys = parseKeys(randomBytes(32).toString("base64"));

beforeAll(async () => {
  world = await startBackupWorld(3);
  target = folderTarget(join(world.folder, "target"));
});
afterAll(() => world?.stop());

async function deleteStreams() {
  for await (const name of world.jsm.streams.names()) await world.jsm.streams.delete(name);
}

const take = () => backUp(world.backup, { target, scope, key: keys[0], now: () => new Date(), log: silent });
const props = (manifest: Manifest, changes: Partial<RestoreProps> = {}): RestoreProps => ({
  ...{ target, manifest, keys, into: scope, log: silent, streams: [], replace: [] },
  ...changes,
});
async function bringBack(nc: NatsConnection, manifest: Manifest, changes: Partial<RestoreProps> = {}) {
  return restore(nc, await previewRestore(nc, props(manifest, changes)), props(manifest, changes));
}
const scratchServer = () => startScratchServer(findNatsServer() ?? "nats-server");

const NO_MESSAGE_FOUND = 10037;

/** Every message from the first sequence to the last one, by sequence. */
async function messagesOf(nc: NatsConnection, stream: string): Promise<Map<number, StoredMsg>> {
  const jsm = await patient(nc);
  const { state } = await jsm.streams.info(stream);
  const found = new Map<number, StoredMsg>();
  for (let at = state.first_seq; at <= state.last_seq; at += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, state.last_seq - at + 1) }, async (_, i) => {
        const read = () => jsm.streams.getMessage(stream, { seq: at + i });
        const message = await unlessMissing(NO_MESSAGE_FOUND, read);
        if (message) found.set(at + i, message);
      }),
    );
  return found;
}

describe("under load", () => {
  /** Publishes about 500 messages a second until it is stopped; says what each sequence acknowledged holds. */
  function publishing(subject: string) {
    const acknowledged = new Map<number, string>();
    let going = true;
    const done = (async () => {
      for (let n = 0; going; n += 5) {
        await Promise.all(
          Array.from({ length: 5 }, async (_, i) => {
            const text = `${subject} ${n + i} ${randomBytes(400).toString("hex")}`;
            const send = () =>
              jetstream(world.app).publish(`${subject}.${(n + i) % 7}`, text, { msgID: `${subject}${n + i}` });
            acknowledged.set((await until(subject, Date.now() + 60_000, send)).seq, text);
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const stop = async () => {
      going = false;
      await done;
    };
    return { acknowledged, stop };
  }

  test("a backup is what was there when it began, to the last byte, whatever the stream is for", async () => {
    const names = ["LOG", "QUEUE", "LATEST"];
    await makeStream(world.jsm, { name: "LOG", subjects: ["log.>"], num_replicas: 3 });
    const retention = RetentionPolicy.Workqueue;
    await makeStream(world.jsm, { name: "QUEUE", subjects: ["queue.>"], num_replicas: 3, retention });
    await makeStream(world.jsm, { name: "LATEST", subjects: ["latest.>"], num_replicas: 3, max_msgs_per_subject: 3 });
    await world.jsm.consumers.add("QUEUE", { durable_name: "worker", ack_policy: AckPolicy.Explicit });
    // Some blocks of nats-server's, so that the snapshot lasts.
    await fill(world.app, "log", 150, () => randomBytes(200_000));
    const loads = ["log", "queue", "latest"].map(publishing);
    const working = await (await jetstream(world.app).consumers.get("QUEUE", "worker")).consume();
    const work = (async () => {
      for await (const message of working) message.ack();
    })();
    let manifest: Manifest;
    try {
      await eventually("the publishers are at work", async () =>
        loads.every(({ acknowledged }) => acknowledged.size > 300),
      );
      manifest = await take();
      const after = loads.map(({ acknowledged }) => acknowledged.size);
      await eventually("they still are", async () =>
        loads.every(({ acknowledged }, i) => acknowledged.size > (after[i] ?? 0)),
      );
    } finally {
      await Promise.all(loads.map(({ stop }) => stop()));
      working.stop();
      await work;
    }
    expect(manifest.complete).toBe(true);
    // A worker that waits for acknowledgements is set back to its floor by a cluster of 2.15, which is said.
    expect(manifest.holes.filter(({ kind, stream }) => kind !== "consumer-set-back" || stream !== "QUEUE")).toEqual([]);
    expect(manifest.streams.map(({ name }) => name).sort()).toEqual([...names].sort());

    const scratch = await scratchServer();
    try {
      const drilled = await drill(scratch.connection, { target, manifest, keys, log: silent });
      const same = [...names].sort().map((name) => [name, "same"]);
      expect(drilled.map(({ stream, result }) => [stream, result]).sort()).toEqual(same);
      expect(await (await patient(scratch.connection)).streams.names().next()).toEqual([]);
    } finally {
      await scratch.stop();
    }
    await deleteStreams();
    const restored = await bringBack(world.backup, manifest);
    expect(restored.map(({ verdict }) => verdict.result)).toEqual(["same", "same", "same"]);
    const found = await messagesOf(world.app, "LOG");
    const last = Math.max(...found.keys());
    // Without a hole up to its last message, which is at least the one that was last when the backup began.
    expect(last).toBeGreaterThanOrEqual(manifest.streams.find(({ name }) => name === "LOG")?.state.last_seq ?? 0);
    expect([...found.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    const [written] = loads;
    expect(written?.acknowledged.size).toBeGreaterThan(300);
    for (const [sequence, text] of written?.acknowledged ?? [])
      if (sequence <= last) expect(Buffer.from(found.get(sequence)?.data ?? []).toString()).toBe(text);
  });
  afterEach(deleteStreams);
});

describe("what server snapshots leave out", () => {
  test("is found, reported, and made again behind what was acknowledged", async () => {
    await makeStream(world.jsm, { name: "ORDERS", subjects: ["orders.>"], num_replicas: 3 });
    await makeStream(world.jsm, { name: "CACHE", subjects: ["cache.>"], storage: StorageType.Memory });
    await fill(world.app, "orders", 60, (i) => Buffer.from(`order ${i}`));
    const ack = { ack_policy: AckPolicy.Explicit, ack_wait: 600 * 1e9 };
    const consumers = {
      KEPT: {},
      // One replica each: with 3 on 3 servers at most one of them lives with the stream's leader.
      ONE: { num_replicas: 1 },
      TWO: { num_replicas: 1 },
      MEMORY: { num_replicas: 1, mem_storage: true },
      NEW: { num_replicas: 1, mem_storage: true, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: 11 },
      PER_SUBJECT: {
        num_replicas: 1,
        mem_storage: true,
        deliver_policy: DeliverPolicy.LastPerSubject,
        filter_subject: "orders.>",
      },
    };
    for (const [durable_name, config] of Object.entries(consumers)) {
      await world.jsm.consumers.add("ORDERS", { durable_name, ...ack, ...config });
      const consumer = await jetstream(world.app).consumers.get("ORDERS", durable_name);
      const batch = await consumer.fetch({ max_messages: 20, expires: 60_000 });
      for await (const message of batch) expect(await message.ackAck({ timeout: 60_000 })).toBe(true);
    }
    const manifest = await take();
    const snapshot = await apiRequest<{ config: object }>(world.app, "STREAM.INFO.ORDERS");
    expect(snapshot.config).toMatchObject({ num_replicas: 3 });
    const leftOut = manifest.holes.filter(({ kind }) => kind === "consumer-left-out").map(({ consumer }) => consumer);
    if (runsSince("2.15.0")) {
      expect(manifest.holes).toEqual([]);
      expect(manifest.streams.map(({ name }) => name)).toEqual(["CACHE", "ORDERS"]);
    } else {
      expect(leftOut).toEqual(expect.arrayContaining(["MEMORY", "NEW", "PER_SUBJECT"]));
      expect(leftOut).not.toContain("KEPT");
      expect(manifest.holes).toContainEqual(expect.objectContaining({ kind: "memory-stream", stream: "CACHE" }));
      expect(manifest.streams.map(({ name }) => name)).toEqual(["ORDERS"]);
    }
    expect(manifest.complete).toBe(true);

    await world.jsm.streams.delete("ORDERS");
    const [restored] = await bringBack(world.backup, manifest, { streams: ["ORDERS"] });
    expect(restored?.verdict).toMatchObject({ stream: "ORDERS", result: "same" });
    expect(restored?.consumers.map(({ name, how }) => [name, how])).toEqual(
      Object.keys(consumers)
        .sort()
        .map((name) => [name, leftOut.includes(name) ? "recreated" : "snapshot"]),
    );
    const expected = { KEPT: 21, ONE: 21, TWO: 21, MEMORY: 21, NEW: 31, PER_SUBJECT: 21 };
    for (const [name, sequence] of Object.entries(expected)) {
      const consumer = await jetstream(world.app).consumers.get("ORDERS", name);
      let next: number | undefined;
      await eventually(`${name} delivers`, async () => {
        // Long: what is delivered after the answer was given up is not delivered again.
        const message = await consumer.next({ expires: 30_000 });
        next ??= message?.seq;
        return next !== undefined;
      });
      expect([name, next]).toEqual([name, sequence]);
    }
    await eventually("every replica is there again", async () => {
      const { cluster, state } = await world.jsm.streams.info("ORDERS");
      return (
        state.messages === 60 && cluster?.replicas?.length === 2 && cluster.replicas.every(({ current }) => current)
      );
    });
  });
  afterEach(deleteStreams);
});

describe("in adverse conditions", () => {
  beforeAll(async () => {
    await makeStream(world.jsm, { name: "LARGE", subjects: ["large.>"], num_replicas: 3 });
    // More than a window of the server's flow control.
    await fill(world.app, "large", 60, () => randomBytes(200_000));
  });
  afterAll(deleteStreams);

  /** The target, with something that happens once, in the middle of the data. */
  const interrupted = (happens: () => Promise<unknown>): typeof target => ({
    ...target,
    write: (path, source) => {
      async function* chunks() {
        let bytes = 0;
        for await (const chunk of source) {
          const before = bytes;
          bytes += chunk.length;
          yield chunk;
          if (before < 2_000_000 && bytes >= 2_000_000) await happens();
        }
      }
      return target.write(path, chunks());
    },
  });
  const takeInto = (into: typeof target) =>
    backUp(world.backup, { target: into, scope, now: () => new Date(), log: silent });

  test("a target that stalls longer than the server waits for a client costs time alone", async () => {
    const stall = () => new Promise((resolve) => setTimeout(resolve, 7000));
    const manifest = await takeInto(interrupted(stall));
    expect(manifest).toMatchObject({ complete: true, streams: [{ name: "LARGE", content: { messages: 60 } }] });
  });

  test("a leader that dies in the middle of a snapshot is asked no more; its successor is", async () => {
    const { cluster } = await world.jsm.streams.info("LARGE");
    const leader = world.cluster.servers.find(({ name }) => name === cluster?.leader);
    let killed = 0;
    const kill = async () => {
      if (killed++ === 0) await leader?.kill();
    };
    try {
      const manifest = await takeInto(interrupted(kill));
      expect(killed).toBeGreaterThan(1);
      expect(manifest).toMatchObject({ complete: true, streams: [{ name: "LARGE", content: { messages: 60 } }] });
    } finally {
      await leader?.start();
    }
    await eventually("all replicas are there again", async () => {
      const info = await world.jsm.streams.info("LARGE");
      return info.cluster?.replicas?.every(({ current }) => current) === true;
    });
  });

  test("a leader that dies in the middle of a restore leaves no stream that was not there before, and the next one succeeds", async () => {
    const manifest = await take();
    const remove = async (name: string) => void (await world.jsm.streams.delete(name));
    await remove("LARGE");
    // A server that has started before has said the same of what it found on its disk.
    const saidBefore = new Map(world.cluster.servers.map((server) => [server, server.log().length]));
    const takes = (server: TestServer) =>
      server.log().slice(saidBefore.get(server)).includes("Starting restore for stream 'APP > LARGE'");
    const killed: TestServer[] = [];
    const dying: typeof target = {
      ...target,
      async *read(path) {
        let bytes = 0;
        for await (const chunk of target.read(path)) {
          yield chunk;
          bytes += chunk.length;
          const leader = killed.length === 0 && bytes > 5_000_000 && world.cluster.servers.find(takes);
          if (!leader) continue;
          killed.push(leader);
          await leader.kill();
        }
      },
    };
    // The dry run reads everything, too.
    const steps = await previewRestore(world.backup, props(manifest));
    try {
      const failed = restore(world.backup, steps, props(manifest, { target: dying, remove }));
      const message = await failed.then(
        () => "restored",
        (error: Error) => error.message,
      );
      expect({ killed: killed.length, message }).toEqual({
        killed: 1,
        message: expect.stringMatching(/^LARGE was not restored: (?!.*look at it and remove it)/s),
      });
      expect(await world.jsm.streams.names().next()).toEqual([]);
    } finally {
      for (const server of killed) await server.start();
    }
    const [{ verdict } = {}] = await bringBack(world.backup, manifest);
    expect(verdict).toMatchObject({ stream: "LARGE", result: "same" });
  });
});

test("a stream without messages comes back with its sequence and its consumers", async () => {
  await makeStream(world.jsm, { name: "NEW", subjects: ["new.>"] });
  await makeStream(world.jsm, { name: "READ", subjects: ["read.>"], num_replicas: 3 });
  await fill(world.app, "read", 7, () => Buffer.from("read"));
  await world.jsm.streams.purge("READ");
  await world.jsm.consumers.add("READ", { durable_name: "D", ack_policy: AckPolicy.Explicit });
  const manifest = await take();
  await deleteStreams();
  const restored = await bringBack(world.backup, manifest);
  expect(restored.map(({ verdict: { stream, result } }) => [stream, result])).toEqual([
    ["NEW", "same"],
    ["READ", "same"],
  ]);
  expect((await world.jsm.streams.info("READ")).state).toMatchObject({ messages: 0, first_seq: 8, last_seq: 7 });
  expect(await world.jsm.consumers.info("READ", "D")).toMatchObject({ name: "D", num_pending: 0 });
  await deleteStreams();
});

describe("a restore", () => {
  let manifest: Manifest;
  beforeAll(async () => {
    await makeStream(world.jsm, { name: "A", subjects: ["a.>"], num_replicas: 3 });
    await makeStream(world.jsm, { name: "B", subjects: ["b.>"] });
    for (const subject of ["a", "b"]) await fill(world.app, subject, 20, (i) => Buffer.from(`${subject}${i}`));
    manifest = await take();
  });
  afterAll(deleteStreams);
  const states = async () => (await messagesOf(world.app, "A")).size + (await messagesOf(world.app, "B")).size;

  test("never touches what exists, and then restores nothing else either", async () => {
    await world.jsm.streams.delete("B");
    await expect(bringBack(world.backup, manifest)).rejects.toThrow("A: it exists");
    expect(await world.jsm.streams.names().next()).toEqual(["A"]);
    const [{ verdict } = {}] = await bringBack(world.backup, manifest, { streams: ["B"] });
    expect(verdict).toMatchObject({ stream: "B", result: "same" });
    expect(await states()).toBe(40);
  });

  test("replaces a stream that was named, by someone who may delete it", async () => {
    await fill(world.app, "a.later", 5, () => Buffer.from("later"));
    const remove = async (name: string) => void (await world.jsm.streams.delete(name));
    await expect(bringBack(world.backup, manifest, { streams: ["A"], replace: ["A"] })).rejects.toThrow("it exists");
    await bringBack(world.backup, manifest, { streams: ["A"], replace: ["A"], remove });
    expect((await messagesOf(world.app, "A")).size).toBe(20);
  });

  test("says what it would do without doing it", async () => {
    const steps = await previewRestore(world.backup, props(manifest));
    expect(steps.map(({ stream, kind }) => [stream, kind])).toEqual([
      ["A", "refused"],
      ["B", "refused"],
    ]);
    await world.jsm.streams.delete("B");
    const preview = await previewRestore(world.backup, props(manifest, { streams: ["B"] }));
    expect(preview).toMatchObject([{ stream: "B", kind: "restore", reason: "20 messages, 1 to 20, 0 consumers" }]);
    expect(await world.jsm.streams.names().next()).toEqual(["A"]);
  });

  test("refuses another environment, cluster or account, and other servers under the right name", async () => {
    for (const change of [{ environment: "production" }, { cluster: "edge" }, { account: "OTHER" }])
      await expect(bringBack(world.backup, manifest, { into: { ...scope, ...change } })).rejects.toThrow(
        "the backup is of",
      );
    const scratch = await scratchServer();
    try {
      await expect(bringBack(scratch.connection, manifest)).rejects.toThrow(
        "from cluster test, and this is a server alone",
      );
    } finally {
      await scratch.stop();
    }
  });

  test("goes where it was allowed to go", async () => {
    const scratch = await scratchServer();
    try {
      const into = { environment: "other", cluster: "other", account: "APP" };
      await expect(bringBack(scratch.connection, manifest, { into })).rejects.toThrow("tests/test/APP");
      const from = "tests/test/APP";
      await expect(bringBack(scratch.connection, manifest, { into, from })).rejects.toThrow("A: it has 3 replicas");
      const [{ verdict } = {}] = await bringBack(scratch.connection, manifest, { into, from, streams: ["B"] });
      expect(verdict).toMatchObject({ stream: "B", result: "same" });
    } finally {
      await scratch.stop();
    }
  });
});

describe("the backup user", () => {
  const refused = async (what: Promise<unknown>) =>
    expect(what).rejects.toThrow(/permissions|timeout|no responders|503/i);

  test("publishes to no stream, deletes, purges and updates none", async () => {
    await makeStream(world.jsm, { name: "GUARDED", subjects: ["guarded.>"] });
    await fill(world.app, "guarded", 3, () => Buffer.from("x"));
    const before = await world.jsm.streams.info("GUARDED");
    await refused(jetstream(world.backup).publish("guarded.x", "x", { timeout: 1000 }));
    const { name } = before.config;
    for (const request of ["STREAM.DELETE", "STREAM.PURGE", "STREAM.UPDATE", "STREAM.CREATE", "STREAM.MSG.DELETE"])
      await refused(apiRequest(world.backup, `${request}.${name}`, { ...before.config, seq: 1 }, 1000));
    const after = await world.jsm.streams.info("GUARDED");
    expect(after).toMatchObject({ config: before.config, state: { messages: 3, last_seq: 3 } });
  });

  test("hears nothing but its own inbox", async () => {
    const heard = world.backup.subscribe("guarded.>");
    const inboxes = world.backup.subscribe("_INBOX.>");
    for (const subscription of [heard, inboxes])
      await expect(subscription[Symbol.asyncIterator]().next()).rejects.toThrow(/permissions/i);
  });

  test("restores into its own account alone", async () => {
    const manifest = await take();
    const b = manifest.streams.find(({ name }) => name === "GUARDED");
    if (!b) throw new Error("the stream is not in the backup");
    const others = await patient(world.other);
    await makeStream(others, { name: "GUARDED", subjects: ["guarded.>"] });
    await fill(world.other, "guarded", 1, () => Buffer.from("theirs"));
    await world.jsm.streams.delete("GUARDED");
    // Under the name of theirs, and to a subject on which theirs is being restored.
    await bringBack(world.backup, manifest, { streams: ["GUARDED"] });
    expect((await others.streams.info("GUARDED")).state.messages).toBe(1);
    expect((await world.jsm.streams.info("GUARDED")).state.messages).toBe(3);
  });

  test("restores under another name than the snapshot's since 2.15 alone", async () => {
    const manifest = await take();
    const b = manifest.streams.find(({ name }) => name === "GUARDED");
    if (!b) throw new Error("the stream is not in the backup");
    const place = { target, folder: `${folderOf(scope)}/${manifest.id}` };
    const config = { ...b.config, name: "RENAMED", subjects: ["renamed"] };
    const data = readData(place, b, keys, true);
    const restoring = restoreStream(world.backup, { config, state: b.state, data, deadline: Date.now() });
    if (!runsSince("2.15.0")) return expect(restoring).rejects.toThrow("names do not match");
    await restoring;
    expect((await world.jsm.streams.info("RENAMED")).state.messages).toBe(3);
  });
});
