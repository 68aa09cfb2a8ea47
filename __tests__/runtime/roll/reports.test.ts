import { peerId } from "../../../runtime/roll/peer-id";
import { type ServerReports, stateOfReports } from "../../../runtime/roll/reports";

const servers = ["s0", "s1", "s2"];
const clustered = { jetstream: true };

/** What a server says that is well: `leader` leads the meta group. */
const well = (name: string, leader = "s0"): ServerReports => ({
  healthz: { status: "ok" },
  varz: { server_name: name, version: "2.15.2", connections: 0, start: "2026-01-01T00:00:00Z" },
  routez: { routes: servers.filter((other) => other !== name).map((other) => ({ remote_name: other })) },
  jsz: {
    streams: 2,
    meta_cluster: {
      leader,
      cluster_size: 3,
      replicas: servers.filter((other) => other !== name).map((other) => ({ name: other, current: name === leader })),
    },
  },
});
const reports = (change: Record<string, ServerReports | undefined> = {}) =>
  new Map(
    Object.entries({ s0: well("s0"), s1: well("s1"), s2: well("s2"), ...change }).flatMap(([name, said]) =>
      said ? [[name, said] as const] : [],
    ),
  );

test("servers that are well are seen so, and the leader alone says how the others are", () => {
  expect(stateOfReports(servers, reports(), clustered)).toEqual({
    servers: servers.map((name) => ({
      name,
      runs: true,
      cutOffFrom: [],
      streams: 2,
      startedMs: Date.parse("2026-01-01T00:00:00Z"),
    })),
    meta: {
      leader: "s0",
      followers: [
        { name: "s1", current: true },
        { name: "s2", current: true },
      ],
    },
  });
});

test("one that does not run is no reason that others are cut off", () => {
  const alone = { ...well("s0"), routez: { routes: [{ remote_name: "s2" }] } };
  const { servers: seen } = stateOfReports(servers, reports({ s0: alone, s1: undefined }), clustered);
  expect(seen.map(({ runs, cutOffFrom }) => ({ runs, cutOffFrom }))).toEqual([
    { runs: true, cutOffFrom: [] },
    { runs: false, cutOffFrom: [] },
    { runs: true, cutOffFrom: [] },
  ]);
});

test("one that runs and has no route to another that runs is cut off from it", () => {
  const { servers: seen } = stateOfReports(
    servers,
    reports({ s0: { ...well("s0"), routez: { routes: [] } } }),
    clustered,
  );
  expect(seen[0]?.cutOffFrom).toEqual(["s1", "s2"]);
});

test("one that runs and says nothing, or that it is not well, does not serve", () => {
  const sick = { ...well("s2"), healthz: { status: "unavailable", error: "JetStream is not current" } };
  const { servers: seen } = stateOfReports(servers, reports({ s1: {}, s2: sick }), clustered);
  expect(seen.map(({ wrong }) => wrong)).toEqual([undefined, "it does not answer", "JetStream is not current"]);
});

test("without a word of its leader nothing is known of the meta group", () => {
  expect(stateOfReports(servers, reports({ s0: undefined }), clustered).meta).toEqual({ followers: [] });
});

test("a member that has not been seen is known by its hash", () => {
  const said = well("s0");
  const meta = { leader: "s0", cluster_size: 3, replicas: [{ name: "unknown", peer: peerId("s1"), current: false }] };
  const state = stateOfReports(servers, reports({ s0: { ...said, jsz: { meta_cluster: meta } } }), clustered);
  expect(state.meta?.followers.map(({ name }) => name)).toEqual(["s1"]);
});

test("a server that is alone, and a cluster without JetStream, have no meta group", () => {
  expect(stateOfReports(["s0"], reports(), clustered).meta).toBeUndefined();
  expect(stateOfReports(servers, reports(), { jetstream: false }).meta).toBeUndefined();
});
