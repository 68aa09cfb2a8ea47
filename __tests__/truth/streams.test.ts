import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JetStreamManager, jetstream, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { type NatsConnection, nkeys, type WithRequired } from "@nats-io/transport-node";
import fc from "fast-check";
import {
  CONSUMER_NOT_FOUND,
  errorNumber,
  NotInTime,
  NotYet,
  notYetWhenMissing,
  STREAM_EXISTS,
  STREAM_NOT_FOUND,
  unlessMissing,
  until,
} from "../../runtime/client/retry";
import { isEmpty, refusals } from "../../runtime/streams/action";
import { applyPlan, PlanRefused, type Progress } from "../../runtime/streams/apply";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { syncFolders, untilDurable } from "../../runtime/streams/durable";
import { findStreams, manager } from "../../runtime/streams/find";
import { STREAMS_PUBLISH_PERMISSIONS } from "../../runtime/streams/permissions";
import { type PlanProps, planStreams } from "../../runtime/streams/plan";
import { acknowledgedByAllReplicas } from "../../runtime/streams/replicas";
import { CONSUMER_RULES, STREAM_RULES } from "../../runtime/streams/rules";
import { fromStreamConfig, toConsumerConfig, toStreamConfig } from "../../runtime/streams/server-config";
import { ConsumerSpec, StreamSpec } from "../../runtime/streams/spec";
import { consumerSettings, streamSettings } from "../../runtime/streams/stream-settings";
import { streamSpec } from "../runtime/streams-arbitraries";
import { canCutPower, type Disks, makeDisks } from "../support/disks";
import { eventually } from "../support/eventually";
import { freePorts } from "../support/ports";
import { runsSince } from "../support/releases";
import { startCluster, type TestCluster, type TestServer } from "./streams-cluster";

const owner = "truth";
const soon = (seconds = 90) => Date.now() + seconds * 1000;
const stream = (name: string, fields: object = {}) =>
  StreamSpec.parse({ name, subjects: [`${name.toLowerCase()}.>`], ...fields });

/** For requests that are not made again: of a busy machine the answer is late. */
const patient = (nc: NatsConnection) => jetstreamManager(nc, { checkAPI: false, timeout: 30_000 });

/** For what was made a moment ago: another server may not have heard of it. */
const untilKnown = <Result>(what: string, attempt: () => Promise<Result>) =>
  until(what, soon(), () => notYetWhenMissing([STREAM_NOT_FOUND, CONSUMER_NOT_FOUND], attempt));

type PlanOptions = Omit<PlanProps, "found" | "owner">;
const find = (nc: NatsConnection, desired?: readonly StreamSpec[], seconds?: number) =>
  findStreams(nc, soon(seconds), desired);

/**
 * Every stream, also those made just now: the cluster's log is applied in order, so whoever lists the last creation knows
 * all before it. A quorum suffices: with one replica it could be given to a server that is away.
 */
async function findAll(nc: NatsConnection) {
  const jsm = await manager(nc);
  const last = { name: "LAST", subjects: ["last"], num_replicas: 3 };
  await until("the last creation", soon(), () => jsm.streams.add(last));
  await eventually("it is listed", async () => (await jsm.streams.names().next()).includes("LAST"));
  await until("its deletion", soon(), () => unlessMissing(STREAM_NOT_FOUND, () => jsm.streams.delete("LAST")));
  return (await find(nc)).filter(({ name }) => name !== "LAST");
}

const plan = async (nc: NatsConnection, options: PlanOptions) =>
  planStreams({ ...options, owner, found: await find(nc, options.desired) });
const apply = async (nc: NatsConnection, options: PlanOptions, progress?: (progress: Progress) => void) =>
  applyPlan(nc, { plan: await plan(nc, options), owner, deadline: soon(), progress });

/** Publishes messages of 100 bytes, each until it is acknowledged. Returns the last sequence. */
async function publish(nc: NatsConnection, subject: string, count: number): Promise<number> {
  let last = 0;
  for (let i = 0; i < count; i++) {
    const msgID = randomUUID();
    const send = () => jetstream(nc).publish(subject, new Uint8Array(100), { msgID });
    last = (await until(`publishing on ${subject}`, soon(), send)).seq;
  }
  return last;
}

describe("three servers", () => {
  let cluster: TestCluster;
  let nc: NatsConnection;
  let jsm: JetStreamManager;

  beforeAll(async () => {
    cluster = await startCluster({ size: 3 });
    nc = await cluster.connect();
    jsm = await patient(nc);
    await find(nc);
  });
  afterAll(() => cluster?.stop());
  afterEach(async () => {
    for (const { name } of await findAll(nc)) {
      const gone = () => unlessMissing(STREAM_NOT_FOUND, () => jsm.streams.delete(name));
      await until(`the deletion of ${name}`, soon(), gone);
    }
  });

  /** Creates X. The server that leads the cluster may be the last to know that the X before is deleted (2.15.2). */
  const newX = (config: WithRequired<Partial<StreamConfig>, "name">) =>
    until("a new X", soon(), async () => {
      try {
        await jsm.streams.add(config);
      } catch (error) {
        if (errorNumber(error) === STREAM_EXISTS) throw new NotYet("the last X is still being deleted");
        throw error;
      }
    });

  describe("what nats-server permits is what the rules say", () => {
    const r3 = { replicas: 3 };

    test.each<[keyof typeof STREAM_RULES, object, object]>([
      ["description", {}, { description: "all orders" }],
      ["subjects", {}, { subjects: ["x.>", "y"] }],
      ["subjects", {}, { subjects: ["y"] }],
      ["storage", {}, { storage: "memory" }],
      ["replicas", {}, r3],
      ["replicas", r3, {}],
      ["retention", {}, { retention: "interest" }],
      ["retention", { retention: "interest" }, {}],
      ["retention", {}, { retention: "workqueue" }],
      ["retention", { retention: "workqueue" }, {}],
      ["retention", { retention: "workqueue" }, { retention: "interest" }],
      ["retention", { retention: "interest" }, { retention: "workqueue" }],
      ["maxAgeMs", {}, { maxAgeMs: 600_000 }],
      ["maxBytes", {}, { maxBytes: 300 }],
      ["maxBytes", {}, { maxBytes: 100_000 }],
      ["maxBytes", { discard: "new" }, { discard: "new", maxBytes: 300 }],
      ["maxMessages", {}, { maxMessages: 2 }],
      ["maxMessages", {}, { maxMessages: 5 }],
      ["maxMessages", { discard: "new" }, { discard: "new", maxMessages: 2 }],
      ["maxMessagesPerSubject", {}, { maxMessagesPerSubject: 2 }],
      ["maxMessagesPerSubject", { discard: "new" }, { discard: "new", maxMessagesPerSubject: 2 }],
      ["maxMessagesPerSubject", {}, { maxMessagesPerSubject: 3 }],
      ["maxMessageBytes", {}, { maxMessageBytes: 10 }],
      ["discard", { maxMessages: 5 }, { maxMessages: 5, discard: "new" }],
      ["duplicateWindowMs", {}, { duplicateWindowMs: 1000 }],
      ["placementTags", {}, { placementTags: ["country:se"] }],
      ["placementTags", { placementTags: ["country:dk"] }, {}],
      ["placementCluster", {}, { placementCluster: "test" }],
      ["compression", {}, { compression: "s2" }],
      ["compression", { compression: "s2" }, {}],
      ["allowRollup", {}, { allowRollup: true }],
      ["allowRollup", { allowRollup: true }, {}],
      ["denyDelete", {}, { denyDelete: true }],
      ["denyDelete", { denyDelete: true }, {}],
      ["denyPurge", {}, { denyPurge: true }],
      ["denyPurge", { denyPurge: true }, {}],
      ["allowDirect", {}, { allowDirect: false }],
      ["metadata", {}, { metadata: { team: "shop" } }],
    ])("%s from %j to %j", async (field, before, after) => {
      const subjects = ["x.>"];
      const config = () => toStreamConfig("X", streamSettings(stream("X", { subjects, ...before })), owner);
      await newX(config());
      // One consumer that has acknowledged all of `x.a` and none of `x.b`.
      const workqueue = JSON.stringify([before, after]).includes("workqueue");
      const consume = () => jsm.consumers.add("X", toConsumerConfig("worker", consumerSettings(worker), owner));
      if (!workqueue) await untilKnown("a new consumer", consume);
      await publish(nc, "x.a", 3);
      await publish(nc, "x.b", 2);
      if (!workqueue) {
        const consumer = await untilKnown("the consumer", () => jetstream(nc).consumers.get("X", "worker"));
        for await (const message of await consumer.fetch({ max_messages: 3, expires: 60_000 }))
          expect(await message.ackAck({ timeout: 60_000 })).toBe(true);
        // An interest stream lets go of what was acknowledged a moment later.
        const left = async () => (await jsm.streams.info("X")).state.messages;
        if ("retention" in before) await eventually("only x.b is left", async () => (await left()) === 2);
      }
      const [found] = await find(nc, [stream("X")]);
      if (!found) throw new Error("the stream is not there");
      const desired = streamSettings(stream("X", { subjects, ...after }));
      expect(found.settings[field]).not.toEqual(desired[field]);

      const { how } = STREAM_RULES[field](found, desired);
      const update = jsm.streams.update("X", toStreamConfig("X", desired, owner) as StreamConfig);
      if (how === "recreate") return expect(update).rejects.toThrow();
      const updated = fromStreamConfig((await update).config);
      expect(updated.settings).toEqual(desired);
      const stored = async () => (await jsm.streams.info("X")).state.messages;
      if (how === "in-place") expect(await stored()).toBe(found.messages);
      // Fewer copies of as many messages are a loss, too.
      else if (field === "replicas") expect(desired.replicas).toBeLessThan(found.settings.replicas);
      else await eventually(`${field} loses messages`, async () => (await stored()) < found.messages);
    });

    const worker = ConsumerSpec.parse({ name: "worker" });

    test.each<[keyof typeof CONSUMER_RULES, object, object]>([
      ["description", {}, { description: "ships orders" }],
      ["filterSubjects", {}, { filterSubjects: ["x.a"] }],
      ["filterSubjects", { filterSubjects: ["x.a"] }, {}],
      ["filterSubjects", { filterSubjects: ["x.a"] }, { filterSubjects: ["x.a", "x.b"] }],
      ["filterSubjects", { filterSubjects: ["x.a", "x.b"] }, { filterSubjects: ["x.c"] }],
      ["ackPolicy", {}, { ackPolicy: "all" }],
      ["ackPolicy", {}, { ackPolicy: "none" }],
      ["deliverPolicy", {}, { deliverPolicy: "new" }],
      ["replayPolicy", {}, { replayPolicy: "original" }],
      ["maxDeliver", {}, { maxDeliver: 3 }],
      ["maxDeliver", { maxDeliver: 3 }, {}],
      ["ackWaitMs", {}, { ackWaitMs: 1000 }],
      ["maxAckPending", {}, { maxAckPending: 0 }],
      ["replicas", {}, { replicas: 1 }],
      ["replicas", { replicas: 1 }, {}],
      ["metadata", {}, { metadata: { team: "shop" } }],
    ])("of a consumer: %s from %j to %j", async (field, before, after) => {
      await newX(toStreamConfig("X", streamSettings(stream("X", r3)), owner));
      await publish(nc, "x.a", 1);
      const settings = (fields: object) => consumerSettings(ConsumerSpec.parse({ name: "worker", ...fields }));
      await untilKnown("a worker", () => jsm.consumers.add("X", toConsumerConfig("worker", settings(before), owner)));
      const named = [stream("X", { consumers: [{ name: "worker" }] })];
      const [found] = await find(nc, named);
      const [consumer] = found?.consumers ?? [];
      if (!found || !consumer) throw new Error("the consumer is not there");
      expect(consumer.settings).toEqual(settings(before));

      const desired = settings(after);
      const { how } = CONSUMER_RULES[field]({ found: consumer, desired, stream: found, desiredStream: found.settings });
      const update = jsm.consumers.update("X", "worker", toConsumerConfig("worker", desired, owner));
      if (how === "recreate") return expect(update).rejects.toThrow();
      await update;
      await eventually("the consumer has a leader again", async () => {
        const [again] = (await find(nc, named))[0]?.consumers ?? [];
        expect(again?.settings).toEqual(desired);
        return true;
      });
    });

    test("another filter, or no consumer at all, loses the messages of an interest stream", async () => {
      const interest = { retention: "interest", consumers: [{ name: "worker", filterSubjects: ["x.a"] }] };
      const moved = { ...interest, consumers: [{ name: "worker", filterSubjects: ["x.b"] }] };
      await apply(nc, { desired: [stream("X", interest)] });
      await publish(nc, "x.a", 3);
      await expect(apply(nc, { desired: [stream("X", moved)] })).rejects.toThrow("up to 3 messages that no consumer");
      await apply(nc, { desired: [stream("X", moved)], allowDataLoss: ["X/worker"] });
      await eventually("they are gone", async () => (await jsm.streams.info("X")).state.messages === 0);
    });

    test("an exact placement and another number of replicas take two updates", async () => {
      await apply(nc, { desired: [stream("X", { placementTags: ["country:dk"] })] });
      const desired = [stream("X", { replicas: 3, placementCluster: "test" })];
      const atOnce = toStreamConfig("X", streamSettings(desired[0] as StreamSpec), owner) as StreamConfig;
      await expect(jsm.streams.update("X", atOnce)).rejects.toThrow("can not move and scale");
      await apply(nc, { desired });
      expect(isEmpty(await plan(nc, { desired }))).toBe(true);
    });
  });

  test("after apply there is nothing to plan, whatever was there before", async () => {
    const names = ["A", "B"];
    const any = fc.tuple(...names.map((name) => fc.option(streamSpec({ name, maxReplicas: 3 }), { nil: undefined })));
    const everything = [...names, ...names.flatMap((name) => [0, 1, 2].map((i) => `${name}/worker-${i}`))];
    await fc.assert(
      fc.asyncProperty(any, any, async (...steps) => {
        for (const step of steps) {
          const desired = step.filter((spec) => spec !== undefined);
          const options = { desired, allowDataLoss: everything, allowRecreate: everything };
          await apply(nc, options);
          expect((await plan(nc, options)).filter((action) => !isEmpty([action]))).toEqual([]);
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });

  test("what was applied a moment ago is found, before the whole cluster lists it", async () => {
    for (let i = 0; i < 20; i++) {
      const desired = [stream(`X${i}`, { consumers: [{ name: "worker" }] })];
      await apply(nc, { desired });
      const found = (await find(nc, desired)).filter(({ name }) => name === `X${i}`);
      expect(planStreams({ desired, found, owner }).map(({ kind }) => kind)).toEqual(["no-change", "no-change"]);
    }
  });

  test("a consumer is recreated right after its stream shrank, of which nats-server can keep a ghost", async () => {
    for (let i = 0; i < 5; i++) {
      const before = [stream(`X${i}`, { replicas: 3, consumers: [{ name: "worker" }] })];
      const desired = [stream(`X${i}`, { consumers: [{ name: "worker", deliverPolicy: "new" }] })];
      await apply(nc, { desired: before });
      await apply(nc, { desired, allowDataLoss: [`X${i}`], allowRecreate: [`X${i}/worker`] });
      const { config } = await jsm.consumers.info(`X${i}`, "worker");
      expect(config.deliver_policy).toBe("new");
    }
  });

  test("a stream gets two more replicas in place, and each of them has every message", async () => {
    const consumers = [{ name: "worker" }];
    await apply(nc, { desired: [stream("X", { consumers })] });
    const last = await publish(nc, "x.a", 50);
    await apply(nc, { desired: [stream("X", { consumers, replicas: 3 })] });
    const monitoring = { urls: cluster.servers.map((server) => server.monitoring) };
    expect(await acknowledgedByAllReplicas(jsm, "X", last, soon(), monitoring)).toEqual({
      by: "every-server",
      lastSequences: { s0: last, s1: last, s2: last },
    });
    expect((await jsm.consumers.info("X", "worker")).cluster?.replicas).toHaveLength(2);
  });

  test("a refusal keeps everything from being applied", async () => {
    await apply(nc, { desired: [stream("X")] });
    await publish(nc, "x.a", 1);
    const refused = apply(nc, { desired: [stream("NEW"), stream("X", { storage: "memory" })] });
    await expect(refused).rejects.toThrow(PlanRefused);
    await expect(refused).rejects.toThrow("cannot move between file and memory");
    expect((await findAll(nc)).map(({ name }) => name)).toEqual(["X"]);
    await apply(nc, { desired: [stream("X", { storage: "memory" })], allowRecreate: ["X"] });
    expect(await jsm.streams.info("X")).toMatchObject({ config: { storage: "memory" }, state: { messages: 0 } });
  });

  test("a limit below what is stored is refused, and drops the oldest once it is allowed", async () => {
    await apply(nc, { desired: [stream("X", { replicas: 3 })] });
    await publish(nc, "x.a", 5);
    const desired = [stream("X", { replicas: 3, maxMessages: 2 })];
    await expect(apply(nc, { desired })).rejects.toThrow("the oldest 3 of 5 messages");
    expect((await jsm.streams.info("X")).state.messages).toBe(5);
    await apply(nc, { desired, allowDataLoss: ["X"] });
    expect((await jsm.streams.info("X")).state).toMatchObject({ messages: 2, first_seq: 4, last_seq: 5 });
  });

  test("the fullest subject is counted, not guessed", async () => {
    await apply(nc, { desired: [stream("X")] });
    for (const subject of ["x.a", "x.b", "x.c"]) await publish(nc, subject, 3);
    expect(await find(nc, [stream("X")])).toMatchObject([{ messages: 9, fullestSubject: 3 }]);
    expect(refusals(await plan(nc, { desired: [stream("X", { maxMessagesPerSubject: 3 })] }))).toEqual([]);
  });

  test("what was changed behind our back is reported, and put right", async () => {
    const desired = [stream("X", { maxMessages: 10, consumers: [{ name: "worker" }] })];
    await apply(nc, { desired });
    await jsm.streams.update("X", { max_msgs: 20, republish: { src: "x.>", dest: "copy.>" } } as StreamConfig);
    await jsm.consumers.update("X", "worker", { max_deliver: 7, headers_only: true });
    expect(await plan(nc, { desired })).toMatchObject([
      {
        kind: "update",
        stream: "X",
        changes: [{ field: "maxMessages", from: 20, to: 10 }, { field: "republish" }],
      },
      {
        kind: "update",
        consumer: "worker",
        changes: [{ field: "maxDeliver", from: 7, to: 0 }, { field: "headers_only" }],
      },
    ]);
    await apply(nc, { desired });
    expect(isEmpty(await plan(nc, { desired }))).toBe(true);
  });

  test("a foreign stream is adopted with its messages; foreign others and consumers are untouched", async () => {
    await jsm.streams.add({ name: "X", subjects: ["x.>"], no_ack: true });
    await jsm.streams.add({ name: "OTHER", subjects: ["other"] });
    await publish(nc, "other", 1);
    await jsm.consumers.add("X", { durable_name: "theirs", ack_policy: "explicit" as never });
    nc.publish("x.a");
    const before = await jsm.streams.info("OTHER");
    const desired = [stream("X")];
    const lost = await plan(nc, { desired });
    expect(lost).toMatchObject([{ kind: "data-loss", reason: expect.stringContaining("would lose no_ack") }]);
    const allowed = { desired, allowDataLoss: ["X"] };
    expect(await plan(nc, allowed)).toMatchObject([{ kind: "adopt", reason: expect.stringContaining("adopts") }]);
    await apply(nc, allowed);
    expect(isEmpty(await plan(nc, { desired }))).toBe(true);
    expect((await jsm.streams.info("X")).config).not.toMatchObject({ no_ack: true });
    expect((await jsm.streams.info("X")).state).toMatchObject({ messages: 1, consumer_count: 1 });
    expect((await jsm.streams.info("OTHER")).config).toEqual(before.config);
    // Another environment of the same account leaves it alone.
    const others = planStreams({ desired, owner: "other", found: await find(nc, desired) });
    expect(others).toMatchObject([{ kind: "conflict", reason: expect.stringContaining("truth") }]);
  });

  test("an orphan stays until its deletion is allowed by name", async () => {
    await apply(nc, { desired: [stream("X", { consumers: [{ name: "worker" }] }), stream("OLD")] });
    const desired = [stream("X")];
    await apply(nc, { desired });
    expect((await findAll(nc)).map(({ name }) => name)).toEqual(["OLD", "X"]);
    await apply(nc, { desired, allowDataLoss: ["OLD", "X/worker"] });
    expect(await findAll(nc)).toMatchObject([{ name: "X", consumers: [] }]);
  });

  test("a subject moves from one stream to another in one apply", async () => {
    await apply(nc, { desired: [stream("A", { subjects: ["a"] }), stream("B", { subjects: ["b", "c"] })] });
    const desired = [stream("A", { subjects: ["a", "c"] }), stream("B", { subjects: ["b"] })];
    await apply(nc, { desired });
    // Which server wants the subject crosses routes a moment after the answer to the update.
    const published = await until("publishing on c", soon(), () => jetstream(nc).publish("c"));
    expect(published).toMatchObject({ stream: "A" });
  });

  describe("the seeds", () => {
    test("`global.*` does not capture global.user.registered; `global.>` does", async () => {
      await apply(nc, { desired: [stream("GLOBAL_EVENTS", { subjects: ["global.*"], replicas: 3 })] });
      await expect(jetstream(nc).publish("global.user.registered")).rejects.toThrow("jetstream is not enabled");
      await apply(nc, { desired: [stream("GLOBAL_EVENTS", { subjects: ["global.>"], replicas: 3 })] });
      expect(await publish(nc, "global.user.registered", 1)).toBe(1);
    });

    test("a territory's stream lies on the server with its tag alone", async () => {
      const countries = { dk: "s0", no: "s1", se: "s2" };
      const desired = Object.keys(countries).map((country) =>
        stream(`TERRITORY_${country.toUpperCase()}`, {
          subjects: [`territory.${country}.>`],
          placementTags: [`country:${country}`],
        }),
      );
      await apply(nc, { desired });
      for (const [country, server] of Object.entries(countries)) {
        const name = `TERRITORY_${country.toUpperCase()}`;
        const last = await publish(nc, `territory.${country}.user.login`, 1);
        const monitoring = { urls: cluster.servers.map(({ monitoring }) => monitoring) };
        const { lastSequences } = await acknowledgedByAllReplicas(jsm, name, last, soon(), monitoring);
        expect(lastSequences).toEqual({ [server]: 1 });
        expect(await holders(name)).toEqual([server]);
      }
    });

    test("a stream follows its tag to another server with its messages", async () => {
      const settings = (country: string) => ({ desired: [stream("X", { placementTags: [`country:${country}`] })] });
      await apply(nc, settings("dk"));
      await publish(nc, "x.a", 20);
      await apply(nc, settings("se"));
      expect((await jsm.streams.info("X")).state.messages).toBe(20);
      await eventually("only s2 holds it", async () => (await holders("X")).join() === "s2");
    });

    interface Jsz {
      account_details?: { stream_detail?: { name: string }[] }[];
    }

    /** Servers that have the stream in their own store. */
    async function holders(name: string): Promise<string[]> {
      const holding = await Promise.all(
        cluster.servers.map(async (server) => {
          const response = await fetch(`${server.monitoring}/jsz?streams=true`);
          const { account_details = [] } = (await response.json()) as Jsz;
          const details = account_details.flatMap(({ stream_detail = [] }) => stream_detail);
          return details.some((detail) => detail.name === name) ? [server.name] : [];
        }),
      );
      return holding.flat();
    }
  });
});

interface Led {
  meta_cluster?: { leader?: string };
  account_details?: { stream_detail?: { cluster?: { leader?: string } }[] }[];
}

describe("servers that go away", () => {
  let cluster: TestCluster;
  let nc: NatsConnection;

  beforeEach(async () => {
    cluster = await startCluster({ size: 3 });
    nc = await cluster.connect();
    await find(nc);
  });
  afterEach(() => cluster?.stop());

  const leaderOf = async (name: string): Promise<TestServer> => {
    const jsm = await manager(nc);
    return until(`the leader of ${name}`, soon(), async () => {
      const { cluster: group } = await jsm.streams.info(name);
      const leader = cluster.servers.find((server) => server.name === group?.leader);
      if (!leader) throw new NotYet("it has none");
      return leader;
    });
  };

  test("a server that dies while a plan is applied delays it, and another run converges", async () => {
    const desired = ["A", "B", "C", "D"].map((name) => stream(name, { replicas: 3, consumers: [{ name: "worker" }] }));
    let killed: TestServer | undefined;
    const first = applyPlan(nc, {
      plan: await plan(nc, { desired }),
      owner,
      deadline: soon(12),
      progress: ({ action, step }) => {
        if (killed || step !== "done" || action.stream !== "A" || !action.consumer) return;
        killed = cluster.servers[2] as TestServer;
        void killed.kill();
      },
    });
    // Not all replicas can be up to date while one server is away: success would be a lie.
    await expect(first).rejects.toThrow(NotInTime);
    const made = (await findAll(nc)).length;
    expect(made).toBeGreaterThan(0);
    await killed?.start();
    await apply(nc, { desired });
    expect(isEmpty(await plan(nc, { desired }))).toBe(true);
    // Idempotent: nothing is left to change, and it still vouches for the replicas.
    expect(await apply(nc, { desired })).toMatchObject({ changed: 0, clustered: true });
  });

  test("apply waits out the loss of a leader", async () => {
    await apply(nc, { desired: [stream("A", { replicas: 3 })] });
    const leader = await leaderOf("A");
    await leader.kill();
    const back = eventually("another leads", async () => (await leaderOf("A")).name !== leader.name).then(() =>
      leader.start(),
    );
    await apply(nc, { desired: [stream("A", { replicas: 3, maxMessages: 5 }), stream("B", { replicas: 3 })] });
    await back;
    expect((await findAll(nc)).map(({ name }) => name)).toEqual(["A", "B"]);
  });

  test("without a quorum nothing is found, instead of less", async () => {
    await apply(nc, { desired: [stream("A", { replicas: 3 })] });
    await Promise.all(cluster.servers.slice(1).map((server) => server.kill()));
    // Until then it may lead the cluster or the stream, and what it says is all that was acknowledged.
    await eventually("the one that is left noticed", async () => {
      const response = await fetch(`${cluster.servers[0]?.monitoring}/jsz?streams=true`);
      const { meta_cluster, account_details = [] } = (await response.json()) as Led;
      const groups = account_details.flatMap(({ stream_detail = [] }) => stream_detail.map(({ cluster }) => cluster));
      return groups.length === 1 && [meta_cluster, ...groups].every((group) => !group?.leader);
    });
    await expect(find(nc, [], 12)).rejects.toThrow(NotInTime);
  });

  test("a stream whose only server is away is not taken for absent, nor for empty", async () => {
    await apply(nc, { desired: [stream("A", { placementTags: ["country:se"] })] });
    await publish(nc, "a.x", 3);
    await cluster.servers[2]?.kill();
    await eventually("the others elected a leader and noticed", async () => {
      const listed = await (await patient(nc)).streams.list().next();
      // What the plan would be made of if it believed LIST.
      return listed.length === 0 || listed[0]?.state.messages === 0;
    });
    await expect(find(nc, [], 8)).rejects.toThrow("reading the stream A");
  });

  test("an acknowledgement is a quorum's, which is not all replicas", async () => {
    const jsm = await manager(nc);
    await apply(nc, { desired: [stream("A", { replicas: 3 })] });
    const monitoring = { urls: cluster.servers.map((server) => server.monitoring) };
    const first = await publish(nc, "a.x", 1);
    expect((await acknowledgedByAllReplicas(jsm, "A", first, soon())).by).toBe("leader");

    const leader = await leaderOf("A");
    const follower = cluster.servers.find((server) => server.name !== leader.name) as TestServer;
    await follower.kill();
    const second = await publish(nc, "a.x", 1);
    for (const addresses of [undefined, monitoring])
      await expect(acknowledgedByAllReplicas(jsm, "A", second, soon(2), addresses)).rejects.toThrow(NotInTime);
    await follower.start();
    const proof = await acknowledgedByAllReplicas(jsm, "A", second, soon(), monitoring);
    expect(proof.lastSequences[follower.name]).toBe(second);
    await expect(acknowledgedByAllReplicas(jsm, "A", second + 1, soon(1), monitoring)).rejects.toThrow(
      `is at ${second}`,
    );
  });

  test("a replica without a monitoring address is an error, not a proof", async () => {
    await apply(nc, { desired: [stream("A", { replicas: 3 })] });
    const urls = cluster.servers.slice(0, 2).map((server) => server.monitoring);
    const proof = acknowledgedByAllReplicas(await manager(nc), "A", 0, soon(), { urls });
    await expect(proof).rejects.toThrow("no monitoring address for s2");
  });

  test("store folders copied after they were synced hold every stream, whatever happens to the servers", async () => {
    const desired = [stream("A", { replicas: 3, consumers: [{ name: "worker" }] }), stream("B")];
    await apply(nc, { desired });
    await publish(nc, "a.x", 10);
    const { files } = await syncFolders(cluster.servers.map(({ storeDir }) => storeDir));
    expect(files).toBeGreaterThan(10);
    const copies = mkdtempSync(join(tmpdir(), "natsform-copies-"));
    let restored: TestCluster | undefined;
    try {
      for (const { name, storeDir } of cluster.servers) cpSync(storeDir, join(copies, name), { recursive: true });
      await Promise.all(cluster.servers.map((server) => server.kill()));
      restored = await startCluster({ size: 3, storeDirs: cluster.servers.map(({ name }) => join(copies, name)) });
      const again = await restored.connect();
      expect(isEmpty(await plan(again, { desired }))).toBe(true);
      expect((await (await patient(again)).streams.info("A")).state.messages).toBe(10);
    } finally {
      await restored?.stop();
      rmSync(copies, { recursive: true, force: true });
    }
  });
});

describe("one server", () => {
  let cluster: TestCluster;
  let nc: NatsConnection;

  beforeAll(async () => {
    cluster = await startCluster({ size: 1 });
    nc = await cluster.connect();
  });
  afterAll(() => cluster?.stop());

  test("more streams and consumers than fit into one answer are all found", async () => {
    const jsm = await patient(nc);
    const names = Array.from({ length: 1030 }, (_, i) => `S${String(i).padStart(4, "0")}`);
    // Since 2.15 a stream has at most 1000 consumers unless it says otherwise.
    const max_consumers = names.length;
    for (const name of names)
      await jsm.streams.add({ name, subjects: [name], storage: "memory" as never, max_consumers });
    for (const name of names)
      await jsm.consumers.add("S0000", { durable_name: name, ack_policy: "explicit" as never, mem_storage: true });
    const found = await find(nc, [], 300);
    expect(found.map(({ name }) => name).sort()).toEqual(names);
    expect(found.find(({ name }) => name === "S0000")?.consumers).toHaveLength(names.length);
    for (const name of names) await jsm.streams.delete(name);
  });

  test("R3 is refused before anything is applied: nats-server before 2.15 would accept the update and hold one replica", async () => {
    expect(await apply(nc, { desired: [stream("X")] })).toMatchObject({ changed: 1, clustered: false });
    await expect(apply(nc, { desired: [stream("X", { replicas: 3 })] })).rejects.toThrow("not clustered");
    const update = (await patient(nc)).streams.update("X", { num_replicas: 3 });
    if (runsSince("2.15.0")) await expect(update).rejects.toThrow("not supported in non-clustered mode");
    else expect((await update).config.num_replicas).toBe(3);
  });
});

describe("power cuts", () => {
  const cutPower = canCutPower() ? test : test.skip;
  const consumers = [{ name: "worker" }];

  /** Creates streams, does `barrier`, cuts the power of all servers, and returns what is found after the boot. */
  async function afterPowerCut(
    size: number,
    syncInterval: string,
    desired: StreamSpec[],
    barrier: (folders: readonly string[], finishedAt: number) => Promise<unknown>,
  ) {
    const disks: Disks = makeDisks(size);
    let cluster: TestCluster | undefined;
    try {
      const storeDirs = disks.folders.map((folder) => join(folder, "jetstream"));
      cluster = await startCluster({ size, syncInterval, storeDirs });
      const nc = await cluster.connect();
      const { finishedAt } = await apply(nc, { desired });
      await barrier(storeDirs, finishedAt);
      disks.cut();
      await Promise.all(cluster.servers.map((server) => server.kill()));
      disks.restore();
      await Promise.all(cluster.servers.map((server) => server.start()));
      return await find(nc, [], 60);
    } finally {
      await cluster?.stop();
      disks.remove();
    }
  }
  const nothing = async () => {};

  cutPower(
    "one server forgets a stream that was only created, and the wait of one interval does not help",
    async () => {
      const desired = [stream("X", { consumers })];
      const oneInterval = (_: readonly string[], at: number) =>
        untilDurable(at, { syncIntervalMs: 1000, clustered: true });
      expect(await afterPowerCut(1, "1s", desired, nothing)).toEqual([]);
      expect(await afterPowerCut(1, "1s", desired, oneInterval)).toEqual([]);
    },
  );

  cutPower("one server keeps it once its folders are synced, or with `sync_interval: always`", async () => {
    const desired = [stream("X", { consumers })];
    const kept = [{ name: "X", consumers: [{ name: "worker" }] }];
    expect(await afterPowerCut(1, "1s", desired, syncFolders)).toMatchObject(kept);
    expect(await afterPowerCut(1, "always", desired, nothing)).toMatchObject(kept);
  });

  cutPower("one server keeps it once the kernel has written it", async () => {
    const kernel = (_: readonly string[], at: number) => untilDurable(at, { syncIntervalMs: 1000, clustered: false });
    expect(await afterPowerCut(1, "1s", [stream("X")], kernel)).toMatchObject([{ name: "X" }]);
  });

  cutPower("a cluster keeps R1 and R3 streams after the wait of one interval", async () => {
    const desired = [stream("X", { consumers }), stream("Y", { replicas: 3, consumers })];
    const wait = (_: readonly string[], at: number) => untilDurable(at, { syncIntervalMs: 1000, clustered: true });
    const found = await afterPowerCut(3, "1s", desired, wait);
    expect(isEmpty(planStreams({ desired, found, owner }))).toBe(true);
  });
});

describe("the program", () => {
  let cluster: TestCluster;
  let folder: string;
  let seed: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "natsform-program-"));
    const file = (name: string) => join(folder, name);
    const certificate = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const out = ["-keyout", file("key.pem"), "-out", file("cert.pem")];
    execFileSync("openssl", ["req", ...certificate, ...name, ...out], { stdio: "pipe" });
    const user = nkeys.createUser();
    seed = new TextDecoder().decode(user.getSeed());
    const permissions = {
      publish: { allow: STREAMS_PUBLISH_PERMISSIONS },
      subscribe: { allow: [`${STREAMS_INBOX}.>`] },
    };
    cluster = await startCluster({
      size: 1,
      conf: `
        tls { cert_file: "${file("cert.pem")}", key_file: "${file("key.pem")}" }
        authorization { users: [{ nkey: ${user.getPublicKey()}, permissions: ${JSON.stringify(permissions)} }] }
      `,
    });
    writeFileSync(file("user.nk"), seed);
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `main.ts` to its end. */
  async function program(variables: NodeJS.ProcessEnv) {
    const [server] = cluster.servers;
    const child = spawn(process.execPath, ["--import", "tsx", "runtime/streams/main.ts"], {
      env: {
        PATH: process.env.PATH,
        NATS_SERVERS: server?.client.replace("nats:", "tls:"),
        NATS_CA_FILE: join(folder, "cert.pem"),
        NATS_NKEY_SEED_FILE: join(folder, "user.nk"),
        OWNER: owner,
        STREAMS_SYNC_INTERVAL_SECONDS: "0",
        ...variables,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, output };
  }
  const streams = (...specs: object[]) => JSON.stringify(specs);

  test("applies over TLS with no more rights than it names, and says what it did as JSON", async () => {
    const filters = ["x.a", "x.b"];
    const desired = {
      name: "X",
      subjects: ["x.>"],
      consumers: [{ name: "one" }, { name: "two", filterSubjects: filters }],
    };
    const made = await program({ STREAMS: streams(desired, { name: "OLD", subjects: ["old"] }) });
    expect(made).toMatchObject({ code: 0 });
    const lines = made.output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ msg: "planned", kind: "create", stream: "X" }));
    expect(lines.at(-1)).toMatchObject({ changed: 4 });
    expect(made.output).not.toContain(seed);

    const changed = {
      ...desired,
      maxMessages: 5,
      consumers: [{ name: "two", filterSubjects: filters, maxDeliver: 2 }],
    };
    const updated = await program({ STREAMS: streams(changed), STREAMS_ALLOW_DATA_LOSS: "OLD,X/one" });
    expect(JSON.parse(updated.output.trim().split("\n").at(-1) ?? "")).toMatchObject({ changed: 4 });
    expect(updated.code).toBe(0);
  });

  test("a refusal is exit code 1, and so is an environment that makes no sense", async () => {
    await program({ STREAMS: streams({ name: "Y", subjects: ["y"] }) });
    const refused = await program({ STREAMS: streams({ name: "Y", subjects: ["y"], storage: "memory" }) });
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining("cannot move between file and memory") });
    const nonsense = await program({ STREAMS: "[" });
    expect(nonsense).toMatchObject({ code: 1, output: expect.stringContaining("STREAMS: not JSON") });
  });

  test("no server is exit code 2", async () => {
    const [port] = await freePorts(1);
    const { code, output } = await program({ NATS_SERVERS: `tls://127.0.0.1:${port}`, STREAMS: streams() });
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining("no server can be reached") });
  });
});
