import { type GateProps, objections } from "../../../runtime/roll/gate";
import { rollOrder } from "../../../runtime/roll/order";
import type { ClusterState, ServerState, StreamState } from "../../../runtime/roll/state";

const names = ["s0", "s1", "s2"];
const well = (name: string, changes: Partial<ServerState> = {}): ServerState => ({
  name,
  runs: true,
  cutOffFrom: [],
  ...changes,
});
const cluster = (changes: Record<string, Partial<ServerState>> = {}, meta?: ClusterState["meta"]): ClusterState => ({
  servers: names.map((name) => well(name, changes[name])),
  meta: meta ?? { leader: "s0", followers: ["s1", "s2"].map((name) => ({ name, current: true })) },
});
const stream = (changes: Partial<StreamState> = {}): StreamState => ({
  account: "APP",
  stream: "ORDERS",
  leader: "s0",
  servers: names,
  behind: [],
  storage: "file",
  replicas: 3,
  audit: { stream: "ORDERS", verdict: "agree", servers: names, messages: 3 },
  ...changes,
});
const against = (
  server: string,
  { state = cluster(), streams = [stream()] }: { state?: ClusterState; streams?: StreamState[] } = {},
  props: GateProps = { loses: "nothing" },
) => objections(server, state, streams, props).map(({ what }) => what);

test("nothing stands against a server while all others serve and hold the same", () => {
  for (const server of names) expect(against(server)).toEqual([]);
});

test.each<[string, Parameters<typeof cluster>[0], string]>([
  ["that does not run", { s1: { runs: false } }, "s1 does not run"],
  ["that is not healthy", { s1: { wrong: "stream is not current" } }, "s1 is not ready: stream is not current"],
  ["without a route to a third", { s1: { cutOffFrom: ["s0"] } }, "s1 is not ready: it has no route to s0"],
])("another one %s keeps it, and never itself", (_, changes, said) => {
  const state = cluster(changes);
  expect(against("s2", { state })).toEqual([said]);
  expect(against("s1", { state })).toEqual([]);
});

test("another one that lacks a route to this one alone is what is mended", () => {
  const state = cluster({ s1: { cutOffFrom: ["s0"] }, s2: { cutOffFrom: ["s0"] }, s0: { cutOffFrom: ["s1", "s2"] } });
  expect(against("s0", { state })).toEqual([]);
});

test("the meta group is whole without this one", () => {
  expect(against("s2", { state: cluster({}, { followers: [] }) })).toEqual(["the meta group has no leader"]);
  const gone = (name: string) => ({ leader: "s0", followers: [{ name, current: false, offline: true }] });
  expect(against("s2", { state: cluster({}, gone("s1")) })).toEqual([
    "the meta group counts s1, which is behind or away",
  ]);
  // A member that is no server any more counts for the majority.
  expect(against("s2", { state: cluster({}, gone("s3")) })).toEqual([
    "the meta group counts s3, which is behind or away",
  ]);
  expect(against("s1", { state: cluster({}, gone("s1")) })).toEqual([]);
});

test("replicas are current and hold the same, by content", () => {
  expect(against("s0", { streams: [stream({ behind: ["s1"] })] })).toEqual(["APP: ORDERS: s1 is behind or away"]);
  expect(against("s1", { streams: [stream({ behind: ["s1"] })] })).toEqual([]);
  expect(against("s0", { streams: [stream({ leader: undefined })] })).toEqual(["APP: ORDERS has no leader"]);
  const differing = stream({
    audit: {
      stream: "ORDERS",
      verdict: "differ",
      servers: names,
      messages: 3,
      count: 1,
      first: { sequence: 2, held: { s0: "a", s1: "a", s2: undefined } },
    },
  });
  for (const server of names)
    expect(against(server, { streams: [differing] })).toEqual([
      "APP: ORDERS differs from sequence 2 on: s0 and s1 hold one message, s2 holds nothing",
    ]);
});

test("replicas that could not be read keep it, but for those that reading would empty", () => {
  const unread = (because: "retention" | "away") =>
    stream({ audit: { stream: "ORDERS", verdict: "not compared", servers: names, because, why: "because" } });
  expect(against("s0", { streams: [unread("away")] })).toEqual(["APP: ORDERS could not be compared: because"]);
  expect(against("s0", { streams: [unread("retention")] })).toEqual([]);
});

test("the only copy keeps a server that would lose it", () => {
  const alone = (storage: "file" | "memory", behind: string[] = []) =>
    stream({
      stream: "ONE",
      servers: ["s1"],
      leader: "s1",
      storage,
      behind,
      audit: { stream: "ONE", verdict: "single", servers: ["s1"] },
    });
  const said = ["APP: ONE has its only copy on s1"];
  const of = (storage: "file" | "memory", props: GateProps) => against("s1", { streams: [alone(storage)] }, props);
  expect(of("file", { loses: "nothing" })).toEqual([]);
  expect(of("memory", { loses: "nothing" })).toEqual([]);
  expect(of("file", { loses: "memory" })).toEqual([]);
  expect(of("memory", { loses: "memory" })).toEqual(said);
  expect(of("file", { loses: "everything" })).toEqual(said);
  expect(of("file", { loses: "everything", allowed: ["ONE"] })).toEqual([]);
  expect(of("file", { loses: "everything", allowed: ["ORDERS"] })).toEqual(said);
  expect(against("s0", { streams: [alone("file")] }, { loses: "everything" })).toEqual([]);
});

test("a stream that needs more servers than stay keeps one that is to leave", () => {
  const wide = stream({ replicas: 5, servers: [...names, "s3", "s4"] });
  const said = "APP: ORDERS is to have 5 replicas, and 3 servers stay: lower it first";
  expect(against("s2", { streams: [wide] }, { loses: "nothing", stay: 3 })).toEqual([said]);
  expect(against("s2", { streams: [wide] }, { loses: "nothing" })).toEqual([]);
  expect(against("s2", { streams: [stream({ servers: ["s0", "s1"] })] }, { loses: "nothing", stay: 2 })).toEqual([]);
});

test("one that is emptied leaves two others that hold the same", () => {
  const two = (allowed?: string[]) =>
    against("s1", { streams: [stream({ servers: ["s0", "s1"] })] }, { loses: "everything", witnesses: 2, allowed });
  expect(two()).toEqual(["APP: ORDERS has one other copy alone, on s0: nobody can say which is right"]);
  expect(two(["ORDERS"])).toEqual([]);
  expect(against("s1", {}, { loses: "everything", witnesses: 2 })).toEqual([]);
});

test("what does not pass by itself is known", () => {
  const lasting = (state: ClusterState) =>
    objections("s0", state, [], { loses: "nothing" }).map((one) => one.lasting ?? false);
  expect(lasting(cluster({ s1: { runs: false }, s2: { wrong: "not yet" } }))).toEqual([true, false]);
});

test("first who does not serve, last who leads the meta group", () => {
  expect(rollOrder(names, cluster())).toEqual(["s1", "s2", "s0"]);
  expect(rollOrder(names, cluster({ s2: { wrong: "cut off" } }))).toEqual(["s2", "s1", "s0"]);
  expect(rollOrder(["s0", "s2"], cluster({ s0: { runs: false } }))).toEqual(["s0", "s2"]);
});
