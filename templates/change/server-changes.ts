import { type ChangeReason, gravest, isSame, platformReasons, type ServerChange } from "../../model/change";
import type { Trust } from "../../model/config";
import type { ClusterTopology, ServerTopology, Topology } from "../../model/topology";
import { type ConfObject, platformSite, serverConf } from "../nats-conf";
import { chartReasons, withChartValues } from "./chart-values";
import { confReasons } from "./conf-reasons";
import { disconnectsOf } from "./disconnects";
import { namedTrust } from "./named-trust";

/** One of the two states that are compared. */
export interface Side {
  topology: Topology;
  trust: Trust;
}

export const sideOf = (topology: Topology, trust: Trust = namedTrust(topology)): Side => ({ topology, trust });

/** What happens to every server of before and after, in their order. @param onPlatform false: without what a platform does */
export function serverChanges(before: Side | undefined, after: Side, onPlatform: boolean): ServerChange[] {
  const old = before?.topology.clusters ?? [];
  const present = after.topology.clusters.flatMap((cluster) =>
    cluster.servers.map((server) => {
      const was = old.find(({ name }) => name === cluster.name);
      const wasServer = was?.servers.find(({ name }) => name === server.name);
      if (!before || !was || !wasServer) return newOrGone(cluster, server, "start");
      return changed({ side: before, cluster: was, server: wasServer }, { side: after, cluster, server }, onPlatform);
    }),
  );
  const gone = old.flatMap((cluster) => {
    const stays = after.topology.clusters.find(({ name }) => name === cluster.name)?.servers ?? [];
    return cluster.servers
      .filter(({ name }) => !stays.some((server) => server.name === name))
      .map((server) => newOrGone(cluster, server, "remove"));
  });
  return [...present, ...gone];
}

const newOrGone = (
  { name: cluster }: ClusterTopology,
  { name: server }: ServerTopology,
  effect: "start" | "remove",
): ServerChange => ({
  cluster,
  server,
  effect,
  reasons: [],
  disconnects: effect === "remove" ? ["everybody who is connected to it"] : [],
});

interface Placed {
  side: Side;
  cluster: ClusterTopology;
  server: ServerTopology;
}

function confOf({ side: { topology, trust }, cluster, server }: Placed, onPlatform: boolean): ConfObject {
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  return onPlatform ? withChartValues(conf, cluster) : conf;
}

function changed(old: Placed, now: Placed, onPlatform: boolean): ServerChange {
  const from = confOf(old, onPlatform);
  const to = confOf(now, onPlatform);
  const version = [old, now].map(({ side }) => side.topology.nats.version);
  const reasons: ChangeReason[] = [
    ...(version[0] === version[1] ? [] : [{ at: "nats.version", effect: "restart" as const }]),
    ...confReasons(from, to),
    ...certificateReasons(old.cluster, now.cluster),
    ...(onPlatform ? platformReasons(old.cluster, now.cluster).reasons : []),
    ...(onPlatform ? chartReasons(old.cluster, now.cluster) : []),
  ];
  const effect = gravest(reasons);
  return {
    cluster: now.cluster.name,
    server: now.server.name,
    effect,
    reasons,
    disconnects: disconnectsOf(effect, reasons, { before: old.side.topology, after: now.side.topology, from, to }),
  };
}

/** Files of the same names with other certificates in them: servers read them again. */
function certificateReasons(old: ClusterTopology, { certificates }: ClusterTopology): ChangeReason[] {
  return certificates.flatMap((certificate) => {
    const was = old.certificates.find(({ id }) => id === certificate.id);
    const same = was && isSame({ ...was, ttlMs: 0 }, { ...certificate, ttlMs: 0 });
    return was === undefined || same ? [] : [{ at: `certificates.${certificate.id}`, effect: "reload" as const }];
  });
}
