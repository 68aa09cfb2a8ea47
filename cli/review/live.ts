import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import type { Trust } from "../../model/config";
import type { LiveCluster, LiveServer, LiveStream } from "../../model/review";
import type { ClusterTopology } from "../../model/topology";
import { type Answers, askServers } from "../core/ask-servers";

/** The parts of JSZ that are read. Only the leader of a stream knows of its copies, and only that of the meta group of its followers. */
const Jsz = z.object({
  meta_cluster: z
    .object({
      leader: z.string().optional(),
      cluster_size: z.number(),
      replicas: z.array(z.object({ current: z.boolean(), offline: z.boolean().optional() })).nullish(),
    })
    .optional(),
  account_details: z
    .array(
      z.object({
        name: z.string(),
        /** Public key in operator mode. */
        id: z.string().optional(),
        stream_detail: z
          .array(
            z.object({
              name: z.string(),
              cluster: z
                .object({
                  leader: z.string().optional(),
                  replicas: z
                    .array(z.object({ name: z.string(), current: z.boolean(), lag: z.number().optional() }))
                    .nullish(),
                })
                .optional(),
              state: z.object({
                messages: z.number(),
                bytes: z.number(),
                first_ts: z.string().optional(),
                last_ts: z.string().optional(),
              }),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});
type Jsz = z.output<typeof Jsz>;

const until = z.object({ tls_cert_not_after: z.string().optional() }).optional();
const Varz = z.object({
  version: z.string(),
  connections: z.number(),
  /** Ends of the certificates that it serves with: to clients, to other servers, to leaf nodes, on WebSockets. */
  tls_cert_not_after: z.string().optional(),
  cluster: until,
  leaf: until,
  websocket: until,
});
type Varz = z.output<typeof Varz>;

/** What the servers of one cluster say now. @param connection logged in to its system account */
export async function liveCluster(
  { name: cluster, servers }: Pick<ClusterTopology, "name" | "servers">,
  trust: Pick<Trust, "accounts">,
  connection: NatsConnection,
): Promise<LiveCluster> {
  const at = new Date().toISOString();
  const expected = servers.map(({ name }) => name);
  const [varz, jsz] = await Promise.all([
    askServers(connection, "VARZ", Varz, { expected }),
    askServers(connection, "JSZ", Jsz, { expected, options: { accounts: true, streams: true } }),
  ]);
  const said = servers.map(({ name }): LiveServer => {
    const own = varz.get(name);
    return { name, ...(own && { said: saidBy(own) }) };
  });
  const meta = metaGroup(jsz);
  return { cluster, at, servers: said, ...(meta && { meta }), streams: streamsOf(jsz, trust) };
}

/** A cluster that nobody could log in to. */
export const silentCluster = ({ name, servers }: Pick<ClusterTopology, "name" | "servers">): LiveCluster => ({
  cluster: name,
  at: new Date().toISOString(),
  servers: servers.map((server) => ({ name: server.name })),
  streams: [],
});

function saidBy({ version, connections, tls_cert_not_after: own, cluster, leaf, websocket }: Varz) {
  const ends = [own, cluster, leaf, websocket]
    .map((one) => (typeof one === "string" ? one : one?.tls_cert_not_after))
    .flatMap((end) => (end === undefined ? [] : [end]));
  const [certificatesUntil] = ends.sort((a, b) => Date.parse(a) - Date.parse(b));
  return { version, connections, ...(certificatesUntil !== undefined && { certificatesUntil }) };
}

/** As its leader knows it. */
function metaGroup(jsz: Answers<Jsz>): LiveCluster["meta"] {
  const groups = [...jsz].flatMap(([server, { meta_cluster: group }]) => (group ? [{ server, ...group }] : []));
  const [any] = groups;
  if (!any) return undefined;
  const lead = groups.find(({ server, leader }) => server === leader);
  // The leader counts itself among those that have everything.
  const current = lead ? 1 + (lead.replicas ?? []).filter((one) => one.current && !one.offline).length : 0;
  return { size: any.cluster_size, current };
}

/** Each stream once, as its leader has it; where that does not answer, as anybody has it. */
function streamsOf(jsz: Answers<Jsz>, trust: Pick<Trust, "accounts">): LiveStream[] {
  const names = new Map(Object.entries(trust.accounts).map(([name, { publicKey }]) => [publicKey, name]));
  const asked = [...jsz].flatMap(([server, { account_details: accounts }]) =>
    (accounts ?? []).flatMap(({ name, id, stream_detail }) =>
      (stream_detail ?? []).map(({ name: stream, cluster, state }) => ({
        leads: cluster?.leader === undefined || cluster.leader === server,
        stream: {
          account: names.get(id ?? name) ?? name,
          ...{ name: stream, messages: state.messages, bytes: state.bytes },
          ...(state.messages > 0 && { firstAt: state.first_ts, lastAt: state.last_ts }),
          behind: (cluster?.replicas ?? [])
            .filter(({ current }) => !current)
            .map((replica) => ({
              server: replica.name,
              ...(replica.lag !== undefined && { lag: replica.lag }),
            })),
        } satisfies LiveStream,
      })),
    ),
  );
  const found = new Map<string, LiveStream>();
  for (const { stream } of asked.sort((a, b) => Number(b.leads) - Number(a.leads))) {
    const key = `${stream.account}/${stream.name}`;
    if (!found.has(key)) found.set(key, stream);
  }
  return [...found.values()].sort((a, b) => (`${a.account}/${a.name}` < `${b.account}/${b.name}` ? -1 : 1));
}
