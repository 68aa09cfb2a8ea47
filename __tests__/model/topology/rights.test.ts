import { parseEnvironment } from "../../../model/config";
import { buildTopology, doesOf, rightsOf } from "../../../model/topology";
import { changed, lintChanged, parsed } from "../../support/lint-environment";

const api = (uses: object, more: object = {}) =>
  changed({
    "identity.services.api": { account: "APP", uses },
    streams: [
      { name: "ORDERS", cluster: "core", subjects: ["orders.>"], replicas: 1, consumers: [{ name: "work" }] },
      { name: "KV_PREFS", cluster: "core", subjects: ["$KV.PREFS.>"], replicas: 1 },
      { name: "OBJ_FILES", cluster: "core", subjects: ["$O.FILES.C.>", "$O.FILES.M.>"], replicas: 1 },
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
  [{ objects: { FILE: "read" } }, ["objects", "FILE"], 'did you mean "FILES"?'],
])("%j is named with its place and the nearest known one", (uses, path, fix) => {
  const { problems } = parseEnvironment(api(uses));
  expect(problems).toEqual([expect.objectContaining({ path: ["identity", "services", "api", "uses", ...path], fix })]);
});

test("an object store is read in windows, and emptied only by who writes it", () => {
  const read = granted({ objects: { FILES: "read" } });
  for (const subject of ["$JS.FC.OBJ_FILES.>", "$JS.FC.*.*.OBJ_FILES.>", "$JS.API.CONSUMER.CREATE.OBJ_FILES.>"])
    expect(read).toContain(subject);
  expect(read.filter((subject) => /^\$O|PURGE/.test(subject))).toEqual([]);
  const beyond = ["$O.FILES.C.>", "$O.FILES.M.>", "$JS.API.STREAM.PURGE.OBJ_FILES"];
  expect(granted({ objects: { FILES: "write" } })).toEqual([...read, ...beyond]);
});

const does = (service: object) => parsed(changed({ "identity.services.api": { account: "APP", ...service } }));

test("who serves hears its subjects and is found by nine, and answers; who asks and publishes may publish", () => {
  const { api } = buildTopology(does({ serves: ["user.get"], asks: ["bill.pay"], publishes: ["news.>"] })).identity
    .services;
  expect(api).toEqual({
    account: "APP",
    publish: { allow: ["news.>", "bill.pay"], deny: [] },
    subscribe: {
      allow: [
        "user.get",
        ...["PING", "INFO", "STATS"].flatMap((kind) => [`$SRV.${kind}`, `$SRV.${kind}.api`, `$SRV.${kind}.api.*`]),
      ],
      deny: [],
    },
    allowResponses: true,
  });
  expect(buildTopology(does({ asks: ["bill.pay"] })).identity.services.api?.allowResponses).toBe(false);
});

test("each right says what the service does with it, and what it is for", () => {
  const environment = does({
    serves: ["user.get"],
    uses: { consumers: ["ORDERS/fulfilment"] },
    publish: { allow: ["x"] },
  });
  const service = environment.identity.services.api;
  if (!service) throw new Error("no service");
  for (const { does, why } of rightsOf("api", service, environment)) expect([does, why]).not.toContain("");
  expect(doesOf("api", service, environment)).toEqual([
    "serves user.get",
    "is found as api",
    "consumes ORDERS/fulfilment",
    "may publish x",
  ]);
});

test.each([
  ["asks", "$JS.API.>"],
  ["publishes", "$KV.>"],
  ["serves", "_INBOX.>"],
  ["serves", ">"],
])("lint refuses %s: %s as it does in a list, at its own place", (list, subject) => {
  const { findings } = lintChanged({ "identity.services.api": { account: "APP", [list]: ["fine", subject] } });
  expect(findings).toContainEqual(
    expect.objectContaining({ severity: "error", at: `identity.services.api.${list}[1]` }),
  );
});

test("a subject of a service has no placeholder", () => {
  const { problems } = parseEnvironment(
    changed({ "identity.services.api": { account: "APP", asks: ["user.{sub}.get"] } }),
  );
  expect(problems).toEqual([expect.objectContaining({ path: ["identity", "services", "api", "asks", 0] })]);
});
