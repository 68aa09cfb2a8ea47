import fc from "fast-check";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { Environment } from "../../model/config";
import { knowsKey, serverKeys } from "../../model/config/server-keys";
import { buildTopology, trustOf } from "../../model/topology";
import {
  type ConfObject,
  type ConfValue,
  gate,
  isBlock,
  platformSite,
  restartDigest,
  serverConf,
  toNatsConf,
} from "../../templates/nats-conf";
import { platforms, type RichServer, richEnvironment, richTopology } from "../support/same-server";

let rich: RichServer;
beforeAll(async () => {
  rich = await richTopology("callout", platforms["aws-ecs"], new MemoryStore());
});

const props = (ordinal = 0) => {
  const server = rich.cluster.servers[ordinal];
  if (!server) throw new Error("the cluster has three servers");
  return { ...rich, server, site: platformSite(rich.topology, rich.cluster) };
};

const paths = (value: ConfValue, path = ""): string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, path));
  if (!isBlock(value)) return [path];
  return Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [path ? `${path}.${key}` : key, ...paths(item, path ? `${path}.${key}` : key)],
  );
};

test("servers of a cluster differ in name and zone alone", () => {
  const [a, b] = [serverConf(props(0)), serverConf(props(1))];
  const different = Object.keys(a).filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
  expect(different).toEqual(["server_name", "server_tags"]);
});

test("accounts share in NATS's own words, and say no more than what differs", () => {
  const { accounts } = serverConf(props()) as { accounts: Record<string, ConfObject> };
  expect(accounts.APP?.exports).toEqual([
    { service: "ask.*.>", accounts: ["OTHER"], response: "stream" },
    { stream: "news.>" },
  ]);
  expect(accounts.OTHER?.imports).toEqual([
    { service: { account: "APP", subject: "ask.*.>" }, to: "app.*.>" },
    { stream: { account: "APP", subject: "news.local.>" } },
  ]);
  expect(accounts.AUTH).not.toHaveProperty("exports", expect.anything());
});

test("no version ever gets a key that it does not know", () => {
  const everything = Object.fromEntries(Object.keys(serverKeys).map((key) => [key, true]));
  const tree: ConfObject = {
    ...everything,
    authorization: { auth_callout: { allowed_accounts: [] } },
    cluster: { connect_backoff: true, write_timeout: "default" },
    jetstream: Object.fromEntries(
      Object.keys(serverKeys).flatMap((key) => (key.startsWith("jetstream.") ? [[key.slice(10), 1]] : [])),
    ),
    leafnodes: { isolate_leafnode_interest: true, remotes: [{ disabled: true, ignore_discovered_servers: true }] },
  };
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 15 }), fc.integer({ min: 0, max: 30 }), (minor, patch) => {
      const version = `2.${minor}.${patch}`;
      expect(paths(gate(version, tree)).filter((path) => !knowsKey(version, path))).toEqual([]);
    }),
  );
});

test("a newer version keeps what an older one was given", () => {
  const older = paths(gate("2.14.4", serverConf(props())));
  expect(paths(gate("2.15.0", serverConf(props())))).toEqual(expect.arrayContaining(older));
});

test("the text holds neither a seed nor a password", () => {
  const text = toNatsConf(props());
  expect(text).not.toMatch(/S[UAOX][A-Z2-7]{56}/);
  expect(text).not.toMatch(/password|token|PRIVATE KEY/i);
});

test("a user that the trust file lacks is named, with the way out", () => {
  const trust = { ...trustOf(rich.trust, rich.cluster.name), users: {} };
  expect(() => serverConf({ ...props(), trust })).toThrow(/no user sys; run natsform keys init/);
});

test("the restart digest moves with what a reload cannot change, and with nothing else", () => {
  const conf = serverConf(props());
  const digest = restartDigest(conf);
  expect(restartDigest({ ...conf, max_payload: 1, accounts: {}, tls: undefined })).toBe(digest);
  expect(restartDigest({ ...conf, port: 4333 })).not.toBe(digest);
  expect(
    restartDigest({ ...conf, jetstream: { ...(conf.jetstream as ConfObject), sync_interval: "always" } }),
  ).not.toBe(digest);
});

test("a server alone has no routes", async () => {
  const { clusters, ...environment } = richEnvironment("callout", platforms["aws-ecs"]);
  const core = { ...clusters.core, size: 1, leafOf: undefined };
  const topology = buildTopology(Environment.parse({ ...environment, streams: [], clusters: { core } }));
  const [cluster] = topology.clusters;
  const [server] = cluster?.servers ?? [];
  if (!cluster || !server) throw new Error("one cluster, one server");
  const { trust } = await makeKeys(topology, new MemoryStore());
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  expect(conf.cluster).toBeUndefined();
  expect(cluster.certificates.map(({ id }) => id)).not.toContain("routes");
});
