import { parseEnvironment } from "../../../model/config";
import { buildTopology } from "../../../model/topology";
import { changed, parsed } from "../../support/lint-environment";

const api = (uses: object, more: object = {}) =>
  changed({
    "identity.services.api": { account: "APP", uses },
    streams: [
      { name: "ORDERS", cluster: "core", subjects: ["orders.>"], replicas: 1, consumers: [{ name: "work" }] },
      { name: "KV_PREFS", cluster: "core", subjects: ["$KV.PREFS.>"], replicas: 1 },
    ],
    "clusters.edge.leafOf": undefined,
    ...more,
  });
const granted = (uses: object, more: object = {}) => {
  return buildTopology(parsed(api(uses, more))).identity.services.api?.publish.allow ?? [];
};

test("a consumer is pulled and acknowledged, in both forms, and nothing else of its stream", () => {
  expect(granted({ consumers: ["ORDERS/work"] })).toEqual([
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.ORDERS",
    "$JS.API.CONSUMER.INFO.ORDERS.work",
    "$JS.API.CONSUMER.MSG.NEXT.ORDERS.work",
    "$JS.ACK.ORDERS.work.>",
    "$JS.ACK.*.*.ORDERS.work.>",
  ]);
});

test("where leaf nodes join clusters, the same is asked by the name of the stream's domain too", () => {
  const used = granted({ streams: ["ORDERS"] }, { "clusters.edge.leafOf": { cluster: "core" } });
  expect(used).toContain("$JS.API.STREAM.MSG.GET.ORDERS");
  expect(used).toContain("$JS.core.API.STREAM.MSG.GET.ORDERS");
});

test("a stream is read; a bucket is read and watched, and written where that is said", () => {
  expect(granted({ streams: ["ORDERS"] })).toEqual([
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.ORDERS",
    "$JS.API.STREAM.MSG.GET.ORDERS",
    "$JS.API.DIRECT.GET.ORDERS",
    "$JS.API.DIRECT.GET.ORDERS.>",
  ]);
  const read = granted({ buckets: { PREFS: "read" } });
  // With a name in Go and JavaScript, without one in Python.
  for (const subject of ["$JS.API.CONSUMER.CREATE.KV_PREFS", "$JS.API.CONSUMER.CREATE.KV_PREFS.>"])
    expect(read).toContain(subject);
  expect(read.filter((subject) => subject.startsWith("$KV"))).toEqual([]);
  expect(granted({ buckets: { PREFS: "write" } })).toEqual([...read, "$KV.PREFS.>"]);
});

test("a stream that is not read directly needs no right to it", () => {
  expect(granted({ streams: ["ORDERS"] }, { "streams[0].allowDirect": false })).toEqual([
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.ORDERS",
    "$JS.API.STREAM.MSG.GET.ORDERS",
  ]);
});

test("the domain's form stands beside the plain one, and who uses nothing gets nothing", () => {
  const domain = { "clusters.core.jetstream.domain": "hub" };
  expect(granted({ consumers: ["ORDERS/work"] }, domain)).toContain("$JS.hub.API.CONSUMER.MSG.NEXT.ORDERS.work");
  expect(granted({})).toEqual([]);
});

test.each([
  [{ consumers: ["ORDERS/wrok"] }, ["consumers", 0], 'did you mean "ORDERS/work"?'],
  [{ streams: ["ORDRES"] }, ["streams", 0], 'did you mean "ORDERS"?'],
  [{ buckets: { PREF: "read" } }, ["buckets", "PREF"], 'did you mean "PREFS"?'],
])("%j is named with its place and the nearest known one", (uses, path, fix) => {
  const { problems } = parseEnvironment(api(uses));
  expect(problems).toEqual([expect.objectContaining({ path: ["identity", "services", "api", "uses", ...path], fix })]);
});
