import { z } from "zod";
import type { LiveCluster, LiveServer, LiveStream } from "../../model/review";
import { openTwin, type Twin } from "../twin/context";
import { monitoring } from "../twin/monitoring";

/** The parts of `/jsz?accounts=true&streams=true` that are read. Only the leader of a stream knows of its copies. */
const Jsz = z.object({
  account_details: z
    .array(
      z.object({
        name: z.string(),
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
const Varz = z.object({ version: z.string(), connections: z.number() });

/**
 * What the servers of a twin say now, by their monitoring ports: nothing there can be changed.
 *
 * @throws UserError when the environment has no twin
 */
export async function liveTwin(name: string, root: string): Promise<LiveCluster[]> {
  const twin = await openTwin(name, root);
  return Promise.all(twin.topology.clusters.map((cluster) => liveCluster(twin, cluster)));
}

async function liveCluster(twin: Twin, { name: cluster, servers }: Twin["topology"]["clusters"][number]) {
  const at = new Date().toISOString();
  const asked = await Promise.all(servers.map(({ name }) => askServer(twin, name)));
  return { cluster, at, servers: asked.map(({ server }) => server), streams: merged(asked) } satisfies LiveCluster;
}

interface Asked {
  server: LiveServer;
  /** Streams that it has a copy of. */
  streams: { stream: LiveStream; leads: boolean }[];
}

async function askServer({ ports }: Twin, name: string): Promise<Asked> {
  const port = ports.servers[name]?.monitoring ?? 0;
  const [varz, jsz] = await Promise.all([
    monitoring<unknown>(port, "/varz"),
    monitoring<unknown>(port, "/jsz?accounts=true&streams=true"),
  ]);
  const said = Varz.safeParse(varz).data;
  const { account_details: accounts } = Jsz.safeParse(jsz).data ?? {};
  const streams = (accounts ?? []).flatMap(({ name: account, stream_detail }) =>
    (stream_detail ?? []).map(({ name: stream, cluster, state }) => ({
      leads: cluster?.leader === undefined || cluster.leader === name,
      stream: {
        ...{ account, name: stream, messages: state.messages, bytes: state.bytes },
        ...(state.messages > 0 && { firstAt: state.first_ts, lastAt: state.last_ts }),
        behind: (cluster?.replicas ?? [])
          .filter(({ current }) => !current)
          .map(({ name: server, lag }) => ({ server, ...(lag !== undefined && { lag }) })),
      },
    })),
  );
  return { server: { name, ...(said && { said }) }, streams };
}

/** Each stream once, as its leader has it; where that does not answer, as anybody has it. */
function merged(asked: readonly Asked[]): LiveStream[] {
  const all = asked.flatMap(({ streams }) => streams).sort((a, b) => Number(b.leads) - Number(a.leads));
  const found = new Map<string, LiveStream>();
  for (const { stream } of all) {
    const key = `${stream.account}/${stream.name}`;
    if (!found.has(key)) found.set(key, stream);
  }
  return [...found.values()].sort((a, b) => (`${a.account}/${a.name}` < `${b.account}/${b.name}` ? -1 : 1));
}
