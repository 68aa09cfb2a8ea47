import { MemoryStore } from "../../../cli/keys/store";
import { type ConfObject, platformSite, serverConf, toNatsConf } from "../../../templates/nats-conf";
import { platforms, type RichServer, richTopology } from "../../support/same-server";

let rich: RichServer;
beforeAll(async () => {
  rich = await richTopology("callout", platforms["aws-ecs"], new MemoryStore());
});

/** The configuration of the first server, with some of its cluster changed. */
function conf(change: Partial<RichServer["cluster"]> = {}): ConfObject {
  const cluster = { ...rich.cluster, ...change };
  const [server] = cluster.servers;
  if (!server) throw new Error("the cluster has servers");
  return serverConf({ ...rich, cluster, server, site: platformSite(rich.topology, cluster) });
}
const block = (name: string, of: ConfObject = conf()) => of[name] as ConfObject;

test.each(["cluster", "leafnodes", "websocket"])("%s runs over TLS, with a certificate and its key", (listener) => {
  expect(Object.keys(block("tls", block(listener)))).toEqual(
    expect.arrayContaining(listener === "websocket" ? ["certs"] : ["cert_file", "key_file"]),
  );
});

test("clients are served over TLS, under the public name and under internal ones", () => {
  expect(block("tls").certs).toHaveLength(2);
});

test("a route needs a certificate of the routes' authority, for a name that is dialled", () => {
  expect(block("tls", block("cluster"))).toMatchObject({
    ca_file: "/etc/nats/ca/routes.crt",
    verify_cert_and_check_known_urls: true,
  });
  for (const route of block("cluster").routes as string[]) expect(route).toMatch(/^tls:\/\/core-\d\./);
});

test("a leaf node needs a certificate of the leaf nodes' authority", () => {
  expect(block("tls", block("leafnodes"))).toMatchObject({ ca_file: "/etc/nats/ca/leafnodes.crt", verify: true });
});

test("a leaf presents its certificate to its hub, and trusts the hub's authority alone", () => {
  const [remote] = block("leafnodes").remotes as ConfObject[];
  expect(remote?.tls).toEqual({
    cert_file: "/etc/nats/certs/leaf-remote/tls.crt",
    key_file: "/etc/nats/certs/leaf-remote/tls.key",
    ca_file: "/etc/nats/ca/leafnodes.crt",
    timeout: 5,
  });
  expect(remote?.urls).toEqual([expect.stringMatching(/^tls:\/\//)]);
});

test("servers tell clients no addresses: those that are dialled are known by name", () => {
  expect(block("cluster").no_advertise).toBe(true);
  expect(block("leafnodes").no_advertise).toBe(true);
});

test("only the pages that are named open WebSockets", () => {
  expect(block("websocket").allowed_origins).toEqual(["https://app.example.com"]);
});

test("what is acknowledged is synced each second, and at once in the durable tier", () => {
  const { jetstream } = rich.cluster;
  if (!jetstream) throw new Error("the cluster has JetStream");
  expect(block("jetstream").sync_interval).toBe("1s");
  const durable = conf({ jetstream: { ...jetstream, syncInterval: "always" } });
  expect(block("jetstream", durable).sync_interval).toBe("always");
});

test("JetStream keeps replicas apart, and within the room that it has", () => {
  const text = toNatsConf({
    ...rich,
    server: rich.cluster.servers[0] as never,
    site: platformSite(rich.topology, rich.cluster),
  });
  for (const line of ['unique_tag: "az:"', "max_file_store: 1GiB", "max_memory_store: 64MiB", 'domain: "core"'])
    expect(text).toContain(line);
});

test("a server bounds messages and connections", () => {
  expect(conf()).toMatchObject({ max_payload: { text: "4MiB" }, max_connections: rich.topology.nats.maxConnections });
});
