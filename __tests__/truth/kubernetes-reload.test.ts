import { X509Certificate } from "node:crypto";
import { MemoryStore } from "../../cli/keys/store";
import { type CertificateId, clusterOf, isOnKubernetes } from "../../model/topology";
import { RENEWAL_INBOX } from "../../runtime/certificate-renewal/contract";
import type { ServedListener } from "../../runtime/certificate-renewal/env";
import { reloadServers, reloadUntilAccepted } from "../../runtime/certificate-renewal/reload";
import { NatsClient } from "../../runtime/client";
import { createAuthority } from "../../runtime/x509/authority";
import { helmValues } from "../../templates/helm-values";
import { chartConf } from "../../templates/helm-values/chart-conf";
import { ChartServers } from "../support/chart-servers";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { platforms, richTopology } from "../support/same-server";

const natsServer = findProgram("nats-server") as string;
const silent = { info: () => undefined, warn: () => undefined };
let servers: ChartServers;
let names: string[];
let client: NatsClient;

beforeAll(async () => {
  const store = new MemoryStore();
  const rich = await richTopology("operator", platforms.generic, store, undefined, ({ clusters: { hub } }) => {
    if (hub) hub.tls = undefined;
  });
  const cluster = clusterOf(rich.topology, "hub");
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  names = cluster.servers.map(({ name }) => name);
  // The client of this test sends no PROXY header.
  const { proxy_protocol: _, ...conf } = chartConf(helmValues({ ...rich, cluster }), { namespace: "messaging" });
  servers = await ChartServers.start(natsServer, rich.topology, cluster, conf);
  await servers.ready();
  client = new NatsClient({
    servers: servers.ports.map(({ client }) => `tls://127.0.0.1:${client}`),
    authentication: { kind: "creds", creds: (await store.read("creds-renewal")) ?? "" },
    inboxPrefix: RENEWAL_INBOX,
    ca: servers.pod.authorityOf("internal"),
  });
});
afterAll(async () => {
  await client?.close();
  await servers?.stop();
});

const ids: CertificateId[] = ["internal", "routes", "leafnodes"];
const listeners = (): ServedListener[] =>
  servers.ports.flatMap(({ client, routes, leafnodes }, i) => {
    const at = { server: names[i] ?? "", host: "127.0.0.1" };
    return [
      { ...at, port: client, certificate: "internal", plainInfo: true },
      { ...at, port: routes, certificate: "routes", plainInfo: false },
      { ...at, port: leafnodes, certificate: "leafnodes", plainInfo: true },
    ];
  });

/** How many reloads were asked of all servers while something was done. */
async function reloadsDuring(work: () => Promise<unknown>): Promise<number> {
  const asked = jest.spyOn(await client.connection(), "request");
  try {
    await work();
    return asked.mock.calls.filter(([subject]) => subject.endsWith(".RELOAD")).length;
  } finally {
    asked.mockRestore();
  }
}

const newPairs = async () =>
  new Map(
    await Promise.all(
      ids.map(async (id) => {
        const pair = await servers.pod.issue(id);
        return [id, { ...pair, fingerprint: new X509Certificate(pair.cert).fingerprint256 }] as const;
      }),
    ),
  );
const reload = (current: Awaited<ReturnType<typeof newPairs>>, timeoutMs: number, sleep?: () => Promise<void>) =>
  reloadServers({ connection: () => client.connection(), served: listeners(), current, timeoutMs, log: silent, sleep });
const startedAt = () =>
  Promise.all(servers.ports.map((_, i) => servers.ask<{ start: string }>(i, "/varz").then(({ start }) => start)));

test("servers that get their new certificates late are asked again, and serve them without a restart", async () => {
  const before = await startedAt();
  const pairs = await newPairs();
  let pauses = 0;
  const late = async () => {
    if (pauses++ === 0) for (const [id, pair] of pairs) servers.place(id, pair);
  };
  await reload(pairs, 120_000, late);
  // A busy server may be behind once more, and is asked once more.
  expect(pauses).toBeGreaterThan(0);
  expect(await startedAt()).toEqual(before);
  await eventually("the servers have routes", async () => {
    const { routes } = await servers.ask<{ routes: unknown[] }>(0, "/routez");
    return routes.length > 0;
  });
});

test("a server is asked once when its certificates are there, and not at all when it serves them", async () => {
  const pairs = await newPairs();
  for (const [id, pair] of pairs) servers.place(id, pair);
  // A busy server may need a second look.
  const asked = await reloadsDuring(() => reload(pairs, 120_000, () => Promise.resolve()));
  expect(asked).toBeGreaterThanOrEqual(names.length);
  expect(asked).toBeLessThan(2 * names.length);
  expect(await reloadsDuring(() => reload(pairs, 120_000))).toBe(0);
});

test("while certificates are on their way, one server is asked between two pauses", async () => {
  const pairs = await newPairs();
  let pauses = 0;
  const arrives = async () => {
    if (++pauses === 4) for (const [id, pair] of pairs) servers.place(id, pair);
  };
  const asked = await reloadsDuring(() => reload(pairs, 120_000, arrives));
  expect(asked - pauses).toBeLessThanOrEqual(names.length);
});

test("what is never served is named, listener by listener", async () => {
  const pairs = await newPairs();
  const [routes] = [pairs.get("routes")];
  if (!routes) throw new Error("no routes");
  servers.place("routes", routes);
  let said = "";
  // The first look may come before a busy server has reloaded.
  await eventually("what is served is not named", async () => {
    said = await reload(pairs, 0).then(
      () => "nothing",
      ({ message }: Error) => message,
    );
    return !/routes/.test(said);
  });
  expect(said).toMatch(/^not served yet: internal on 127\.0\.0\.1:\d+, leafnodes on /);
});

test("a signature of another authority is refused until every server has read that authority, and both are then accepted", async () => {
  const reloading = {
    connection: () => client.connection(),
    served: listeners(),
    log: silent,
    sleep: () => Promise.resolve(),
  };
  const accepts = (id: CertificateId, pair: { cert: string; key: string }, timeoutMs = 0) =>
    reloadUntilAccepted({ ...reloading, timeoutMs }, id, pair);
  for (const id of ["routes", "leafnodes"] as const) {
    const [before, stranger] = [await servers.pod.issue(id), await createAuthority("another", 86_400_000, new Date())];
    const pair = await servers.pod.issue(id, new Date(), stranger);
    const refusing = await accepts(id, pair);
    expect(refusing).toHaveLength(servers.ports.length);
    expect(refusing[0]).toMatch(new RegExp(`^${id} on 127\\.0\\.0\\.1:\\d+ \\(.*(alert|closed|ECONNRESET)`));
    // One server alone has read it: the others still count.
    servers.trust(id, `${servers.pod.authorityOf(id)}${stranger.cert}`, [0]);
    await eventually(
      "one server accepts it",
      async () => (await accepts(id, pair)).length === servers.ports.length - 1,
    );
    servers.trust(id, `${servers.pod.authorityOf(id)}${stranger.cert}`);
    await eventually("all servers accept it", async () => (await accepts(id, pair)).length === 0);
    expect(await accepts(id, before)).toEqual([]);
  }
});
