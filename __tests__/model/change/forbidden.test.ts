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

const ecs = (more: object = {}, cluster: object = {}): Changes => ({
  "clusters.core": {
    platform: { kind: "aws-ecs", region: "eu-west-1", domain: "core.example.com", ...more },
    leafHub: true,
    ...cluster,
  },
  streams: [],
});
const withSecond = (zones: string[]): Changes => ({
  "clusters.second": { platform: { kind: "aws-ecs", region: "eu-west-1", domain: "second.example.com", zones } },
});
const [network, zones] = ["clusters.core.platform.network", "clusters.core.platform.zones"];
const [vpc, other] = ["vpc-0a", "vpc-0b"].map((vpcId) => ecs({ network: { vpcId } })) as [Changes, Changes];

test.each<[string, Changes, Changes, string[]]>([
  ["the range of the VPC that is made", ecs(), ecs({ network: { cidr: "10.8.0.0/16" } }), [network]],
  ["a VPC that exists instead of one that is made", ecs(), vpc, [network]],
  ["a VPC that is made instead of one that exists", vpc, ecs(), [network]],
  ["another VPC that exists", vpc, other, [network]],
  ["a range that nothing is made of", vpc, ecs({ network: { vpcId: "vpc-0a", cidr: "10.8.0.0/16" } }), []],
  ["the default range, said", ecs(), ecs({ network: { cidr: "10.0.0.0/16" } }), []],
  ["how the network reaches AWS", ecs(), ecs({ network: { egress: "endpoints" } }), []],
  ["a zone that is taken out", ecs(), ecs({ zones: ["a", "b"] }), [zones]],
  ["a zone that is added", ecs({ zones: ["a", "b"] }), ecs(), []],
  ["the order of zones", ecs(), ecs({ zones: ["c", "a", "b"] }), []],
  ["a zone of a VPC that exists", vpc, ecs({ network: { vpcId: "vpc-0a" }, zones: ["a", "b"] }), []],
  [
    "a zone that another cluster of the region keeps",
    { ...ecs(), ...withSecond(["c"]) },
    { ...ecs({ zones: ["a", "b"] }), ...withSecond(["c"]) },
    [],
  ],
])("networks of servers on AWS: %s", (_, before, after, places) => {
  expect(found(before, after)).toEqual(places);
  // Where streams are, the region and the platform are refused already; the network goes also from under others.
  const stored = (changes: Changes): Changes => ({
    ...changes,
    "clusters.core": { ...(changes["clusters.core"] as object), jetstream: {} },
  });
  expect(found(stored(before), stored(after))).toEqual(places);
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

const vault = (tls: object = {}): Changes => ({ "clusters.edge.tls": tls });
const pca = (letter: string) => `arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/${letter.repeat(8)}`;
const arns = (letter: string) => ({ internal: pca(letter), routes: pca(letter), leafnodes: pca(letter) });
const signs = (tls: object) => ecs({}, { tls });
const [edge, core] = ["clusters.edge.tls", "clusters.core.tls"];

test.each<[string, Changes, Changes, string[]]>([
  ["Vault to a folder", vault(), vault({ issuer: "local" }), [`${edge}.issuer`]],
  ["a folder to Vault", vault({ issuer: "local" }), vault(), [`${edge}.issuer`]],
  ["another Vault, with the job", vault(), vault({ vault: { address: "https://other.example.com" } }), []],
  ["other mounts, with the job", vault(), vault({ mount: "pki-new" }), []],
  [
    "other mounts, by Terraform",
    vault({ vault: { renewal: "terraform" } }),
    vault({ vault: { renewal: "terraform" }, mount: "pki-new" }),
    [`${edge}.vault`],
  ],
  [
    "other mounts together with the job",
    vault({ vault: { renewal: "terraform" } }),
    vault({ mount: "pki-new" }),
    [`${edge}.vault`],
  ],
  ["who renews, alone", vault({ vault: { renewal: "terraform" } }), vault(), []],
  ["the manager to ACM PCA", ecs(), signs({ issuer: "acm-pca", authorities: arns("a") }), [`${core}.issuer`]],
  ["ACM PCA to the manager", signs({ issuer: "acm-pca", authorities: arns("a") }), ecs(), [`${core}.issuer`]],
  ["the manager to a folder", ecs(), signs({ issuer: "local" }), [`${core}.issuer`]],
  ["the manager, that has ACM PCA sign", ecs(), signs({ authorities: arns("a") }), []],
  [
    "another authority of ACM PCA",
    signs({ issuer: "acm-pca", authorities: arns("a") }),
    signs({ issuer: "acm-pca", authorities: arns("b") }),
    [],
  ],
])("who signs: %s", (_, before, after, places) => {
  expect(found(before, after)).toEqual(places);
});
