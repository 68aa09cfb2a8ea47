import type { Healthz, Jsz, Routez, Varz } from "../client/monitoring";
import { peerId } from "./peer-id";
import type { ClusterState, MetaGroup, ServerState } from "./state";

/** What one server that runs says of itself. What is absent it did not say. */
export interface ServerReports {
  healthz?: Healthz;
  routez?: Routez;
  varz?: Varz;
  jsz?: Jsz;
}

/**
 * A cluster as its servers say that it is.
 *
 * @param reports by server; none of a server that does not run
 */
export function stateOfReports(
  servers: readonly string[],
  reports: ReadonlyMap<string, ServerReports>,
  { jetstream }: { jetstream: boolean },
): ClusterState {
  const looked = servers.map((name) => ({ name, reports: reports.get(name) }));
  // Only its leader knows how the others are.
  const led = looked.find(({ name, reports }) => reports?.jsz?.meta_cluster?.leader === name)?.reports?.jsz;
  return {
    servers: looked.map(({ name, reports: said }) =>
      // To who does not run nobody has a route.
      said
        ? serverState(
            name,
            said,
            servers.filter((other) => reports.has(other)),
          )
        : { name, runs: false, cutOffFrom: [] },
    ),
    ...(jetstream && servers.length > 1 && { meta: metaGroup(led, servers) }),
  };
}

function serverState(
  name: string,
  { healthz, routez, varz, jsz }: ServerReports,
  running: readonly string[],
): ServerState {
  const peers = new Set(routez?.routes?.map((route) => route.remote_name));
  const wrong = wrongWith(healthz, varz);
  return {
    name,
    runs: true,
    ...(wrong !== undefined && { wrong }),
    cutOffFrom: running.filter((other) => other !== name && !peers.has(other)),
    ...(jsz?.streams !== undefined && { streams: jsz.streams }),
    ...(varz?.start && { startedMs: Date.parse(varz.start) }),
  };
}

function metaGroup(jsz: Jsz | undefined, servers: readonly string[]): MetaGroup {
  const { leader, replicas } = jsz?.meta_cluster ?? {};
  if (!leader) return { followers: [] };
  const nameOf = (one: { name: string; peer?: string }) =>
    servers.find((server) => peerId(server) === one.peer) ?? one.name;
  return { leader, followers: (replicas ?? []).map((one) => ({ ...one, name: nameOf(one) })) };
}

function wrongWith(healthz: Healthz | undefined, varz: Varz | undefined): string | undefined {
  if (!healthz || !varz) return "it does not answer";
  return healthz.status === "ok" ? undefined : (healthz.error ?? healthz.status);
}
