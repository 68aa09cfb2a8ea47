import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { auditStream } from "../../runtime/audit/audit-stream";
import { describeDifference } from "../../runtime/audit/compare";
import { restoreStream } from "../../runtime/backup/restore-stream";
import { takeSnapshot } from "../../runtime/backup/snapshot";
import { eventually } from "../support/eventually";
import { startCluster, type TestCluster } from "./streams-cluster";

const props = { bytesPerSecond: 64 * 2 ** 20, inboxPrefix: "_INBOX" };
let cluster: TestCluster;
let nc: NatsConnection;
let jsm: JetStreamManager;

beforeAll(async () => {
  cluster = await startCluster({ size: 3 });
  nc = await cluster.connect();
  jsm = await eventually("JetStream answers", () => jetstreamManager(nc, { timeout: 10_000 }));
});
afterAll(async () => {
  await cluster?.stop();
});

const audit = (stream: string) => auditStream(nc, jsm, stream, props);

async function stored(name: string, config: object = {}, messages = 300): Promise<void> {
  await eventually(`stream ${name}`, () =>
    jsm.streams.add({ name, subjects: [`${name}.>`], num_replicas: 3, storage: "file", ...config }),
  );
  const js = jetstream(nc);
  for (let i = 1; i <= messages; i++) {
    const more = headers();
    if (i % 7 === 0) more.append("Kind", `seventh ${i}`);
    await js.publish(`${name}.${i % 5}`, `${name} ${i}`, { headers: more });
  }
}

/** Waits until each replica is as far as the leader. */
const settled = (name: string) =>
  eventually(`${name} is everywhere`, async () => {
    const replicas = (await jsm.streams.info(name)).cluster?.replicas ?? [];
    return replicas.length === 2 && replicas.every(({ current, offline }) => current && !offline);
  });

/** Changes the third server's files of a stream while it is down: the others never hear of it. */
async function behindTheirBacks(stream: string, work: (messages: string) => unknown): Promise<void> {
  await settled(stream);
  const [, , third] = cluster.servers;
  // What it has applied is not applied again.
  await third?.end();
  try {
    const messages = join(third?.storeDir ?? "", "jetstream", "$G", "streams", stream, "msgs");
    await work(messages);
  } finally {
    await third?.start();
  }
  await settled(stream);
  for (const { monitoring } of cluster.servers)
    await eventually("it is healthy", async () => (await fetch(`${monitoring}/healthz`)).ok);
}

/** What the third server itself says of a stream. */
async function stateOfThird(stream: string): Promise<{ messages: number; num_deleted?: number; last_seq: number }> {
  const answer = await fetch(`${cluster.servers[2]?.monitoring}/jsz?streams=true&accounts=true`);
  const { account_details } = (await answer.json()) as {
    account_details: { stream_detail: { name: string; state: { messages: number; last_seq: number } }[] }[];
  };
  const found = account_details.flatMap((account) => account.stream_detail).find(({ name }) => name === stream);
  if (!found) throw new Error(`${stream} is not there`);
  return found.state;
}

test("replicas that hold the same agree, also where messages were deleted", async () => {
  await stored("SAME");
  await jsm.streams.deleteMessage("SAME", 20);
  await jsm.streams.purge("SAME", { filter: "SAME.3" });
  await settled("SAME");
  const { state } = await jsm.streams.info("SAME");
  expect(await audit("SAME")).toEqual({
    stream: "SAME",
    verdict: "agree",
    servers: ["s0", "s1", "s2"],
    messages: state.messages,
  });
  expect(state.messages).toBe(239);
  // Part by part, as a long one is.
  const parts: number[] = [];
  const result = await auditStream(nc, jsm, "SAME", { ...props, window: 100, progress: (to) => parts.push(to) });
  expect(result).toMatchObject({ verdict: "agree", messages: state.messages });
  expect(parts).toEqual([100, 200]);
});

test("they agree while somebody publishes and retention removes", async () => {
  await stored("BUSY", { max_msgs: 200 });
  const js = jetstream(nc);
  let goesOn = true;
  const publishing = (async () => {
    for (let i = 0; goesOn; i++) await js.publish("BUSY.1", `more ${i}`);
  })();
  try {
    for (let i = 0; i < 5; i++) expect(await audit("BUSY")).toMatchObject({ verdict: "agree" });
  } finally {
    goesOn = false;
    await publishing;
  }
});

test("nothing is left of the readings", async () => {
  expect((await jsm.consumers.list("SAME").next()).length).toBe(0);
  expect((await jsm.consumers.list("BUSY").next()).length).toBe(0);
});

/** What a server that is alone makes of a stream, put in the place of the third replica. */
async function replaced(stream: string, make: (alone: NatsConnection, manager: JetStreamManager) => Promise<unknown>) {
  const alone = await startCluster({ size: 1 });
  try {
    const connection = await alone.connect();
    await make(connection, await jetstreamManager(connection, { timeout: 10_000 }));
    const made = join(alone.servers[0]?.storeDir ?? "", "jetstream", "$G", "streams", stream, "msgs");
    await alone.servers[0]?.end();
    await behindTheirBacks(stream, (messages) => {
      rmSync(messages, { recursive: true });
      cpSync(made, messages, { recursive: true });
    });
  } finally {
    await alone.stop();
  }
}

/** Takes a stream to another server as it is, with its sequences and times. */
async function carried(stream: string, to: NatsConnection): Promise<void> {
  const { config, state, chunks } = await takeSnapshot(nc, stream, { timeoutMs: 10_000, consumers: false });
  await restoreStream(to, { config: { ...config, num_replicas: 1 }, state, data: chunks, deadline: Date.now() });
}

test("a message that one replica has lost is found, though every server says that it is well", async () => {
  await stored("LOST", {}, 50);
  await replaced("LOST", async (alone, manager) => {
    await carried("LOST", alone);
    await manager.streams.deleteMessage("LOST", 23);
  });
  expect(await stateOfThird("LOST")).toMatchObject({ messages: 49, last_seq: 50 });
  const result = await audit("LOST");
  expect(result).toMatchObject({ verdict: "differ", messages: 50, count: 1, first: { sequence: 23 } });
  if (result.verdict === "differ")
    expect(describeDifference(result.first)).toBe("s0 and s1 hold one message, s2 holds nothing");
});

test("other content under the same sequences is found, where all counts are equal", async () => {
  await stored("OTHER", {}, 50);
  await replaced("OTHER", async (alone, manager) => {
    await manager.streams.add({ name: "OTHER", subjects: ["OTHER.>"], storage: "file" });
    for (let i = 1; i <= 50; i++) await jetstream(alone).publish("OTHER.1", `forged ${i}`);
  });
  expect(await stateOfThird("OTHER")).toMatchObject({ messages: 50, last_seq: 50 });
  const result = await audit("OTHER");
  expect(result).toMatchObject({ verdict: "differ", count: 50, first: { sequence: 1 } });
  if (result.verdict === "differ")
    expect(describeDifference(result.first)).toBe("s0 and s1 hold one message, s2 holds another one");
});

test("a server that is started without its store takes every replica from the others", async () => {
  const [, , third] = cluster.servers;
  await third?.end();
  rmSync(join(third?.storeDir ?? "", "jetstream"), { recursive: true });
  await third?.start();
  for (const stream of ["LOST", "OTHER"]) {
    await settled(stream);
    await eventually(`${stream} is the same again`, async () => (await audit(stream)).verdict === "agree");
  }
});

test("one copy has nothing to be compared with, and a queue is not read", async () => {
  await stored("ONE", { num_replicas: 1 }, 3);
  expect(await audit("ONE")).toMatchObject({ verdict: "single" });
  await stored("QUEUE", { retention: "workqueue" }, 3);
  expect(await audit("QUEUE")).toMatchObject({ verdict: "not compared", why: expect.stringContaining("workqueue") });
});

test("a server that is away is said", async () => {
  const [, , third] = cluster.servers;
  await third?.kill();
  await eventually("it is said", async () => {
    const result = await audit("SAME");
    return result.verdict === "not compared" && /^s2 is away/.test(result.why);
  });
  await third?.start();
});

test("a server that goes while it is read is said, and is no failure of the audit", async () => {
  await stored("LONG", {}, 1);
  // A megabyte comes at once, whatever the rate.
  for (let i = 0; i < 60; i++) await jetstream(nc).publish("LONG.more", new Uint8Array(100_000));
  await settled("LONG");
  const [, , third] = cluster.servers;
  const reading = auditStream(nc, jsm, "LONG", { ...props, bytesPerSecond: 100_000 });
  await sleep(4000);
  await third?.kill();
  try {
    const why = "LONG on s2: nothing came for 15 s";
    expect(await reading).toMatchObject({ verdict: "not compared", because: "away", why });
  } finally {
    await third?.start();
  }
});
