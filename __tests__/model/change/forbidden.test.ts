import { forbiddenChanges } from "../../../model/change";
import { buildTopology } from "../../../model/topology";
import { type Changes, changed, parsed } from "../../support/lint-environment";

const topologyWith = (changes: Changes) => buildTopology(parsed(changed(changes)));
const found = (before: Changes, after: Changes) =>
  forbiddenChanges(topologyWith(before), topologyWith(after)).map(({ at }) => at);

const more = { platform: { kind: "kubernetes", flavor: "gke", namespace: "more" }, natsName: "new" };

test.each<[string, Changes, Changes, string[]]>([
  ["nothing", {}, {}, []],
  ["the name that servers know", {}, { "clusters.core.natsName": "other" }, ["clusters.core.natsName"]],
  [
    "the name of a single server, which has no routes",
    { "clusters.edge.size": 1 },
    { "clusters.edge.size": 1, "clusters.edge.natsName": "x" },
    [],
  ],
  ["the name of a cluster that is new", {}, { "clusters.more": more }, []],
  ["the domain", {}, { "clusters.core.jetstream.domain": "other" }, ["clusters.core.jetstream.domain"]],
  ["the default domain, said", {}, { "clusters.core.jetstream.domain": "core" }, []],
  ["JetStream, added", {}, { "clusters.edge.jetstream": { memory: "1GiB", file: "10GiB" } }, []],
  ["who decides about logins", {}, { "identity.mode": "operator" }, ["identity.mode"]],
  ["who decides, the other way", { "identity.mode": "operator" }, {}, ["identity.mode"]],
  [
    "several at once",
    {},
    { "identity.mode": "operator", "clusters.core.natsName": "x", "clusters.mesh.natsName": "y" },
    ["identity.mode", "clusters.core.natsName", "clusters.mesh.natsName"],
  ],
  ["limits and streams", {}, { "nats.maxPayload": "2MiB", streams: [] }, []],
])("%s", (_, before, after, places) => {
  expect(found(before, after)).toEqual(places);
});

test("who decides about logins may change where nothing is stored", () => {
  const nothing = {
    "clusters.core.jetstream": undefined,
    "clusters.core.backup": undefined,
    "clusters.mesh.jetstream": undefined,
    "clusters.mesh.backup": undefined,
    streams: [],
  };
  expect(found(nothing, { ...nothing, "identity.mode": "operator" })).toEqual([]);
});

test("each says what is there, what would happen, and the way", () => {
  const [change] = forbiddenChanges(topologyWith({}), topologyWith({ "clusters.core.natsName": "other" }));
  expect(change?.message).toBe(
    "servers of core call their cluster lint-core; one that is restarted as other is cut off by the others",
  );
  expect(change?.steps).toContain('keep natsName: "lint-core"');
});
