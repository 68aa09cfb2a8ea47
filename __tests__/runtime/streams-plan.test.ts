import fc from "fast-check";
import { type Action, isEmpty, refusals } from "../../runtime/streams/action";
import type { FoundStream } from "../../runtime/streams/found";
import { type PlanProps, planStreams } from "../../runtime/streams/plan";
import { StreamSpec } from "../../runtime/streams/spec";
import type { StreamSettings } from "../../runtime/streams/stream-settings";
import { subjectsCollide } from "../../runtime/streams/subjects";
import { asFound, streamSpec } from "./streams-arbitraries";

const owner = "production";
const orders = (fields: object = {}) => StreamSpec.parse({ name: "ORDERS", subjects: ["orders.>"], ...fields });
const plan = (props: Partial<PlanProps>) => planStreams({ desired: [], found: [], owner, ...props });
/** The plan for one stream that was made as `before` and is wanted as `after`. */
const change = (before: object, after: object, content: Partial<FoundStream> = {}, allow: Partial<PlanProps> = {}) =>
  plan({ desired: [orders(after)], found: [asFound(orders(before), owner, content)], ...allow });
const kinds = (actions: readonly Action[]) =>
  actions.map(({ kind, stream, consumer }) => `${kind} ${stream}${consumer ? `/${consumer}` : ""}`);

const full = { messages: 5, bytes: 500, oldestMs: 3_600_000, fullestSubject: 4 };

test("what is not there is created, the stream before its consumers", () => {
  const actions = plan({ desired: [orders({ consumers: [{ name: "worker" }] })] });
  expect(kinds(actions)).toEqual(["create ORDERS", "create ORDERS/worker"]);
  expect(actions[0]?.changes).toContainEqual({ field: "subjects", to: ["orders.>"] });
});

test("what is as desired needs nothing", () => {
  fc.assert(
    fc.property(streamSpec({ name: "ORDERS" }), (spec) => {
      expect(isEmpty(plan({ desired: [spec], found: [asFound(spec, owner, full)] }))).toBe(true);
    }),
  );
});

test("the order of subjects, tags and filters means nothing", () => {
  const before = { subjects: ["a", "b"], placementTags: ["x", "y"] };
  expect(isEmpty(change(before, { subjects: ["b", "a"], placementTags: ["y", "x"] }))).toBe(true);
});

test.each<[string, object, object]>([
  ["more subjects", {}, { subjects: ["orders.>", "bills.>"] }],
  ["fewer subjects: what is stored stays", { subjects: ["orders.>", "bills.>"] }, {}],
  ["more replicas", {}, { replicas: 3 }],
  ["a limit above what is stored", {}, { maxMessages: 5, maxBytes: 500, maxMessagesPerSubject: 4 }],
  ["an age above the oldest message's", {}, { maxAgeMs: 3_600_000 }],
  ["a lifted limit", { maxMessages: 5 }, {}],
  ["full streams that refuse instead of drop", { maxMessages: 5 }, { maxMessages: 5, discard: "new" }],
  [
    "a limit below what is stored with `discard: new`",
    { discard: "new" },
    { discard: "new", maxMessages: 2, maxBytes: 2 },
  ],
  ["a smaller message size", {}, { maxMessageBytes: 1 }],
  ["interest to limits", { retention: "interest" }, {}],
  ["compression", {}, { compression: "s2" }],
  ["protection", {}, { denyDelete: true, denyPurge: true }],
  ["placement", {}, { placementTags: ["country:dk"] }],
])("%s is changed in place", (_, before, after) => {
  expect(kinds(change(before, after, full))).toEqual(["update ORDERS"]);
});

test.each<[string, object, object, string]>([
  ["messages beyond the limit", {}, { maxMessages: 2 }, "the oldest 3 of 5 messages"],
  ["bytes beyond the limit", {}, { maxBytes: 400 }, "the oldest 100 of 500 bytes"],
  ["messages beyond the limit of a subject", {}, { maxMessagesPerSubject: 3 }, "the fullest has up to 4"],
  ["the same with `discard: new`", { discard: "new" }, { discard: "new", maxMessagesPerSubject: 3 }, "up to 4"],
  ["old messages", {}, { maxAgeMs: 60_000 }, "older than 60000 ms"],
  ["what a full stream refused to drop", { maxMessages: 5, discard: "new" }, { maxMessages: 5 }, "drops its oldest"],
  ["copies", { replicas: 3 }, { replicas: 1 }, "2 of 3 copies of every message"],
  ["what nobody is interested in", {}, { retention: "interest" }, "up to 5 messages"],
])("%s would be lost: refused, and an update once it is allowed", (_, before, after, loss) => {
  const [refused] = change(before, after, full);
  expect(refused).toMatchObject({ kind: "data-loss", loss: expect.stringContaining(loss) });
  expect(refused?.reason).toContain("--allow-data-loss ORDERS");
  const [allowed] = change(before, after, full, { allowDataLoss: ["ORDERS"] });
  expect(allowed).toMatchObject({ kind: "update", loss: expect.stringContaining(loss) });
});

test("the permission for one stream is none for another, nor for its consumers, nor to recreate", () => {
  expect(kinds(change({}, { maxMessages: 2 }, full, { allowDataLoss: ["BILLS"] }))).toEqual(["data-loss ORDERS"]);
  expect(kinds(change({}, { storage: "memory" }, full, { allowDataLoss: ["ORDERS"] }))).toEqual([
    "recreate-refused ORDERS",
  ]);
});

test("an empty stream has nothing to lose but its copies", () => {
  expect(kinds(change({}, { maxMessages: 1, maxAgeMs: 1000, retention: "interest" }))).toEqual(["update ORDERS"]);
  expect(kinds(change({ replicas: 3 }, {}))).toEqual(["data-loss ORDERS"]);
});

test.each<[string, object, object]>([
  ["file to memory", {}, { storage: "memory" }],
  ["limits to work queue", {}, { retention: "workqueue" }],
  ["work queue to interest", { retention: "workqueue" }, { retention: "interest" }],
  ["protection that is taken back", { denyDelete: true }, {}],
  ["protection that is taken back, again", { denyPurge: true }, {}],
])("%s is refused, and recreated with all consumers once that is allowed", (_, before, after) => {
  const worker = { consumers: [{ name: "worker" }] };
  const refused = change({ ...before, ...worker }, { ...after, ...worker }, full);
  expect(refused[0]).toMatchObject({ kind: "recreate-refused", loss: expect.stringContaining("its 5 messages") });
  const allowed = change({ ...before, ...worker }, { ...after, ...worker }, full, { allowRecreate: ["ORDERS"] });
  expect(kinds(allowed)).toEqual(["recreate ORDERS", "create ORDERS/worker"]);
});

test.each(["mirror", "sources", "republish", "max_consumers", "no_ack", "consumer_limits"])(
  "%s, which a specification cannot say, is drift and turned off",
  (feature) => {
    const [action] = change({}, {}, { features: { [feature]: { on: true } } });
    expect(action).toMatchObject({ kind: "update", changes: [{ field: feature, from: { on: true } }] });
  },
);

test.each(["mirror", "sources", "republish", "subject_transform", "no_ack"])(
  "%s of a stream that others have made is not switched off without its loss being allowed",
  (feature) => {
    const theirs = { owner: undefined, features: { [feature]: { on: true } } };
    const [refused] = change({}, {}, theirs);
    expect(refused).toMatchObject({
      kind: "data-loss",
      reason: expect.stringContaining(`would lose ${feature}: it would be switched off`),
    });
    const [allowed] = change({}, {}, theirs, { allowDataLoss: ["ORDERS"] });
    expect(allowed).toMatchObject({ kind: "adopt", loss: expect.stringContaining(feature) });
  },
);

test.each(["sealed", "persist_mode", "allow_msg_ttl", "allow_msg_counter", "allow_msg_schedules"])(
  "%s cannot be turned off",
  (feature) => {
    expect(kinds(change({}, {}, { features: { [feature]: true } }))).toEqual(["recreate-refused ORDERS"]);
  },
);

describe("consumers", () => {
  const worker = (fields: object = {}) => ({ consumers: [{ name: "worker", ...fields }] });

  test.each([{ maxDeliver: 3 }, { ackWaitMs: 1 }, { maxAckPending: 0 }, { filterSubjects: ["orders.new"] }])(
    "%j is changed in place",
    (fields) => {
      expect(kinds(change(worker(), worker(fields), full))).toEqual(["no-change ORDERS", "update ORDERS/worker"]);
    },
  );

  test.each([{ ackPolicy: "none" }, { deliverPolicy: "new" }, { replayPolicy: "original" }])(
    "%j needs a new consumer",
    (fields) => {
      expect(kinds(change(worker(), worker(fields)))).toContain("recreate-refused ORDERS/worker");
      const allowed = change(worker(), worker(fields), {}, { allowRecreate: ["ORDERS/worker"] });
      expect(kinds(allowed)).toContain("recreate ORDERS/worker");
    },
  );

  test("another filter loses what only the old one asked for in an interest stream", () => {
    const interest = { retention: "interest" };
    const actions = change(
      { ...interest, ...worker() },
      { ...interest, ...worker({ filterSubjects: ["orders.new"] }) },
      full,
    );
    expect(kinds(actions)).toContain("data-loss ORDERS/worker");
  });

  test("fewer copies of a position are a loss of its own, but not when the stream shrinks", () => {
    const r3 = { replicas: 3 };
    expect(kinds(change({ ...r3, ...worker(r3) }, { ...r3, ...worker({ replicas: 1 }) }))).toContain(
      "data-loss ORDERS/worker",
    );
    const shrunk = change({ ...r3, ...worker(r3) }, worker({ replicas: 1 }), {}, { allowDataLoss: ["ORDERS"] });
    expect(kinds(shrunk)).toEqual(["update ORDERS", "update ORDERS/worker"]);
  });

  test("consumers grow before the retention becomes interest", () => {
    const before = { replicas: 3, ...worker({ replicas: 1 }) };
    expect(kinds(change(before, { replicas: 3, retention: "interest", ...worker() }))).toEqual([
      "update ORDERS/worker",
      "update ORDERS",
    ]);
  });

  test("an orphan is reported, and deleted before anything else once that is allowed", () => {
    expect(kinds(change(worker(), {}))).toEqual(["no-change ORDERS", "orphan ORDERS/worker"]);
    const allowed = change(worker(), { consumers: [{ name: "other" }] }, {}, { allowDataLoss: ["ORDERS/worker"] });
    expect(kinds(allowed)).toEqual(["delete ORDERS/worker", "no-change ORDERS", "create ORDERS/other"]);
  });

  test("one that no server has is refused, and made anew once that is allowed", () => {
    const lost = { consumers: [], lostConsumers: ["worker", "theirs"] };
    expect(kinds(change(worker(), worker(), lost))).toEqual(["no-change ORDERS", "recreate-refused ORDERS/worker"]);
    const allowed = change(worker(), worker(), lost, { allowRecreate: ["ORDERS/worker"] });
    expect(kinds(allowed)).toEqual(["no-change ORDERS", "recreate ORDERS/worker"]);
  });

  test("those that applications made are not touched", () => {
    const found = asFound(orders(worker()), owner);
    const foreign = { ...found, consumers: found.consumers.map((consumer) => ({ ...consumer, owner: undefined })) };
    expect(kinds(plan({ desired: [orders()], found: [foreign] }))).toEqual(["no-change ORDERS"]);
  });
});

describe("whose stream it is", () => {
  test("an unstamped stream of a desired name is adopted, never silently", () => {
    const [action] = plan({ desired: [orders()], found: [asFound(orders(), undefined)] });
    expect(action).toMatchObject({
      kind: "adopt",
      changes: [],
      reason: expect.stringContaining("not made by natsform"),
    });
  });

  test("adoption asks for the same permissions, and never deletes", () => {
    const found = [asFound(orders(), undefined, full)];
    expect(kinds(plan({ desired: [orders({ maxMessages: 2 })], found }))).toEqual(["data-loss ORDERS"]);
    const desired = [orders({ storage: "memory" })];
    expect(kinds(plan({ desired, found, allowRecreate: ["ORDERS"] }))).toEqual(["recreate-refused ORDERS"]);
  });

  test("a stream of another environment is refused", () => {
    const [action] = plan({ desired: [orders()], found: [asFound(orders(), "staging")] });
    expect(action).toMatchObject({ kind: "conflict", reason: expect.stringContaining("staging") });
  });

  test("an orphan is reported, and deleted once that is allowed", () => {
    const found = [asFound(orders(), owner, full)];
    expect(plan({ found })).toMatchObject([{ kind: "orphan", loss: expect.stringContaining("5 messages") }]);
    expect(isEmpty(plan({ found }))).toBe(true);
    expect(kinds(plan({ found, allowDataLoss: ["ORDERS"] }))).toEqual(["delete ORDERS"]);
  });

  test("foreign streams are not even named", () => {
    const found = [asFound(orders(), undefined), asFound(orders({ name: "BILLS", subjects: ["bills"] }), "staging")];
    expect(plan({ found, allowDataLoss: ["ORDERS", "BILLS"], allowRecreate: ["ORDERS", "BILLS"] })).toEqual([]);
  });
});

describe("subjects of one account", () => {
  const stream = (name: string, ...subjects: string[]) => StreamSpec.parse({ name, subjects });

  test("an overlap of desired streams is refused", () => {
    const actions = plan({ desired: [stream("A", "x.>"), stream("B", "x.y")] });
    expect(refusals(actions)).toMatchObject([
      { kind: "conflict", reason: expect.stringContaining("x.> overlaps x.y of B") },
    ]);
  });

  test("an overlap with a foreign stream or an orphan is refused; with an orphan that goes, it is none", () => {
    const desired = [stream("A", "x.>")];
    expect(kinds(refusals(plan({ desired, found: [asFound(stream("B", "x.y"), undefined)] })))).toEqual(["conflict A"]);
    const found = [asFound(stream("B", "x.y"), owner)];
    expect(kinds(refusals(plan({ desired, found })))).toEqual(["conflict A"]);
    expect(kinds(plan({ desired, found, allowDataLoss: ["B"] }))).toEqual(["delete B", "create A"]);
  });

  test("who gives a subject goes before who takes it", () => {
    const found = [asFound(stream("A", "x"), owner), asFound(stream("B", "y", "z"), owner)];
    expect(kinds(plan({ desired: [stream("A", "x", "z"), stream("B", "y")], found }))).toEqual([
      "update B",
      "update A",
    ]);
  });

  test("an exchange has no order and is refused", () => {
    const found = [asFound(stream("A", "x"), owner), asFound(stream("B", "y"), owner)];
    expect(kinds(refusals(plan({ desired: [stream("A", "y"), stream("B", "x")], found })))).toEqual([
      "conflict A",
      "conflict B",
    ]);
  });

  test("the same name twice is refused", () => {
    expect(kinds(refusals(plan({ desired: [stream("A", "x"), stream("A", "y")] })))).toEqual(["conflict A"]);
  });
});

test("moving and scaling are two steps, each where there are fewer replicas to place", () => {
  const placed = { placementTags: ["country:dk"] };
  const steps = (actions: Action[]) => actions.map(({ changes }) => changes.map(({ field }) => field));
  expect(steps(change({ replicas: 1 }, { replicas: 3, ...placed }))).toEqual([["placementTags"], ["replicas"]]);
  const shrink = change({ replicas: 3 }, { ...placed }, {}, { allowDataLoss: ["ORDERS"] });
  expect(steps(shrink)).toEqual([["replicas"], ["placementTags"]]);
  // Without placement any server will do, and nats-server moves nothing.
  expect(steps(change({ replicas: 1, ...placed }, { replicas: 3 }))).toEqual([["replicas", "placementTags"]]);
});

/**
 * An account that does what nats-server does, as far as it concerns these properties: refuses overlapping subjects
 * and forbidden changes, and counts what it drops.
 */
class Account {
  lost = 0;
  deletedUnstamped = 0;
  readonly #streams: Map<string, FoundStream>;

  constructor(found: readonly FoundStream[]) {
    this.#streams = new Map(found.map((stream) => [stream.name, stream]));
  }

  get found() {
    return [...this.#streams.values()];
  }

  apply({ kind, stream: name, consumer, settings }: Action) {
    if (!["create", "update", "adopt", "recreate", "delete"].includes(kind)) return;
    const stream = this.#streams.get(name);
    if (consumer !== undefined) {
      if (!stream) throw new Error(`${name} is not there`);
      const others = stream.consumers.filter((one) => one.name !== consumer);
      const made = settings ? [{ name: consumer, owner, features: {}, settings: settings as never }] : [];
      this.#streams.set(name, { ...stream, consumers: [...others, ...made] });
      return;
    }
    if (kind === "delete" || kind === "recreate") {
      if (stream?.owner !== owner) this.deletedUnstamped++;
      this.lost += stream?.messages ?? 0;
      this.#streams.delete(name);
    }
    if (settings) this.#set(name, settings as StreamSettings);
  }

  #set(name: string, settings: StreamSettings) {
    const empty = { messages: 0, bytes: 0, oldestMs: 0, fullestSubject: 0, consumers: [], lostConsumers: [] };
    const stream = this.#streams.get(name) ?? { name, features: {}, settings, ...empty };
    for (const other of this.found)
      for (const a of settings.subjects)
        for (const b of other.settings.subjects)
          if (other.name !== name && subjectsCollide(a, b)) throw new Error(`${a} of ${name} overlaps ${other.name}`);
    const before = stream.settings;
    if (before.storage !== settings.storage) throw new Error("can not change storage type");
    if (before.retention !== settings.retention && [before.retention, settings.retention].includes("workqueue"))
      throw new Error("can not change retention policy to/from workqueue");
    if ((before.denyDelete && !settings.denyDelete) || (before.denyPurge && !settings.denyPurge))
      throw new Error("can not cancel deny");
    if (before.retention !== "interest" && settings.retention === "interest") this.lost += stream.messages;
    // What is found is already within the limits that are in force.
    const limited = (stored: number, limit: "maxMessages" | "maxBytes" | "maxAgeMs" | "maxMessagesPerSubject") => {
      const byDiscard = limit === "maxMessages" || limit === "maxBytes";
      const unchanged = before[limit] === settings[limit] && (!byDiscard || before.discard === settings.discard);
      if (unchanged || settings[limit] === 0 || (byDiscard && settings.discard === "new")) return stored;
      const kept = Math.min(stored, settings[limit]);
      this.lost += stored - kept;
      return kept;
    };
    this.#streams.set(name, {
      ...stream,
      settings,
      features: {},
      owner,
      messages: limited(stream.messages, "maxMessages"),
      bytes: limited(stream.bytes, "maxBytes"),
      oldestMs: limited(stream.oldestMs, "maxAgeMs"),
      fullestSubject: limited(stream.fullestSubject, "maxMessagesPerSubject"),
    });
  }
}

/** Subjects that a stream may have: its own, and one that it may share with the next. */
const pools = { A: ["a.1", "a.2", "x"], B: ["b.1", "x", "z.*"], C: ["c.1", "c.2", "z.y"] };
const names = Object.keys(pools);
const account = fc.tuple(
  ...Object.entries(pools).map(([name, subjects]) => fc.option(streamSpec({ name, subjects }), { nil: undefined })),
);
const content = fc.tuple(fc.nat(6), fc.nat(100_000), fc.nat(6)).map(([messages, age, fullest]) => ({
  messages,
  bytes: messages * 100,
  oldestMs: messages > 0 ? age : 0,
  fullestSubject: Math.min(messages, fullest),
}));
/** A consistent account: the first of two streams that overlap stays. */
const foundAccount = fc
  .tuple(
    account,
    fc.array(fc.tuple(content, fc.constantFrom(owner, owner, owner, undefined, "staging")), {
      minLength: 3,
      maxLength: 3,
    }),
  )
  .map(([specs, contents]) =>
    specs.flatMap((spec, i): FoundStream[] => {
      const [state, stamp] = contents[i] ?? [];
      const clear = specs
        .slice(0, i)
        .every((other) => !other?.subjects.some((a) => spec?.subjects.some((b) => subjectsCollide(a, b))));
      return spec && clear ? [asFound(spec, stamp, state)] : [];
    }),
  );
const desiredAccount = account.map((specs) => specs.filter((spec) => spec !== undefined));

test("a plan without refusals is one that nats-server accepts step by step, and after it there is nothing to do", () => {
  let applied = 0;
  fc.assert(
    fc.property(desiredAccount, foundAccount, fc.boolean(), (desired, found, all) => {
      const everything = [...names, ...names.flatMap((name) => [0, 1, 2].map((i) => `${name}/worker-${i}`))];
      const allowed = all ? { allowDataLoss: everything, allowRecreate: everything } : {};
      const actions = plan({ desired, found, ...allowed });
      const server = new Account(found);
      if (refusals(actions).length > 0) return;
      applied++;
      for (const action of actions) server.apply(action);
      expect(plan({ desired, found: server.found, ...allowed }).filter((action) => !isEmpty([action]))).toEqual([]);
      expect(server.deletedUnstamped).toBe(0);
      if (!all) expect(server.lost).toBe(0);
      // Foreign streams stay as they are, to the letter.
      for (const stream of found)
        if (stream.owner !== owner && !desired.some(({ name }) => name === stream.name))
          expect(server.found).toContain(stream);
    }),
    { numRuns: 2000 },
  );
  // The property would hold for a planner that refuses everything.
  expect(applied).toBeGreaterThan(200);
});
