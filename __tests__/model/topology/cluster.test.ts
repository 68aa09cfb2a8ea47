import { buildTopology, clusterOf } from "../../../model/topology";
import { changed, parsed } from "../../support/lint-environment";

const clusterWith = (changes: Record<string, unknown> = {}, name = "core") =>
  clusterOf(buildTopology(parsed(changed(changes))), name);
const listener = (name: string, cluster = clusterWith()) => cluster.listeners.find((one) => one.name === name);
const certificate = (id: string, cluster = clusterWith()) => cluster.certificates.find((one) => one.id === id);

test("the durable tier syncs before each acknowledgement, the standard one each second", () => {
  expect(clusterWith().jetstream?.syncInterval).toBe(1000);
  expect(clusterWith({}, "mesh").jetstream?.syncInterval).toBe("always");
});

test("the tag of which no two replicas share a value comes from the environment", () => {
  expect(clusterWith().jetstream?.uniqueTag).toBe("az:");
});

test("whoever opens a route or a leaf link shows a certificate; clients show none", () => {
  expect(listener("routes")).toMatchObject({ verify: "routes", exposure: "peers", certificates: ["routes"] });
  expect(listener("leafnodes")).toMatchObject({ verify: "require", certificates: ["leafnodes"] });
  expect([listener("client")?.verify, listener("websocket")?.verify]).toEqual(["none", "none"]);
});

test("routes and monitoring are never public, also where clients come from everywhere", () => {
  const cluster = clusterWith({ "clusters.core.platform.access": "public" });
  expect(listener("client", cluster)?.exposure).toBe("public");
  expect(listener("monitoring", cluster)).toMatchObject({ exposure: "named", certificates: [] });
  expect(listener("routes", cluster)?.exposure).toBe("peers");
});

test("servers inside of a network listen there alone", () => {
  const cluster = clusterWith({ "clusters.core.platform.access": "vpc" });
  expect(cluster.listeners.filter(({ exposure }) => exposure === "public")).toEqual([]);
  expect(clusterWith({}, "edge").listeners.filter(({ exposure }) => exposure === "public")).toEqual([]);
});

test("each purpose has an authority of its own, and a certificate serves its purpose alone", () => {
  const of = (id: string, cluster = clusterWith()) => {
    const { issuer, usages } = certificate(id, cluster) ?? {};
    return { issuer, usages };
  };
  expect(of("internal")).toEqual({ issuer: "internal", usages: ["server"] });
  expect(of("public")).toEqual({ issuer: "public", usages: ["server"] });
  expect(of("routes")).toEqual({ issuer: "routes", usages: ["server", "client"] });
  expect(of("leafnodes")).toEqual({ issuer: "leafnodes", usages: ["server", "client"] });
  expect(of("leaf-remote", clusterWith({}, "edge"))).toEqual({ issuer: "leafnodes", usages: ["client"] });
});

test("a backup is encrypted and drilled as the environment says", () => {
  expect(clusterWith().backup).toMatchObject({ encrypt: true, drill: "0 5 * * 0", retentionMs: 30 * 86_400_000 });
  const other = clusterWith({ "clusters.core.backup.encrypt": false, "clusters.core.backup.drill": false }).backup;
  expect(other).toMatchObject({ encrypt: false, drill: undefined });
});

test("a server alone has no listener for routes, which would have it wait for a quorum", () => {
  const alone = clusterWith({ "clusters.core.size": 1, "streams[0].replicas": 1 });
  expect([listener("routes", alone), certificate("routes", alone)]).toEqual([undefined, undefined]);
});

test("servers are spread over the zones that their tags name", () => {
  const { servers } = clusterWith({ "clusters.core.platform.zones": ["a", "b", "c"] });
  expect(servers.map(({ tags }) => tags)).toEqual([["az:eu-west-1a"], ["az:eu-west-1b"], ["az:eu-west-1c"]]);
});
