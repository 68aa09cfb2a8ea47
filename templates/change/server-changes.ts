import {
  type ChangeReason,
  exchangedAuthorities,
  gravest,
  isSame,
  platformReasons,
  type ServerChange,
} from "../../model/change";
import type { Trust } from "../../model/config";
import {
  type ClusterTopology,
  isOnEcs,
  peerAuthorities,
  platformModel,
  type ServerTopology,
  type Topology,
} from "../../model/topology";
import { type ConfObject, platformSite, serverConf } from "../nats-conf";
import { chartReasons, withChartValues } from "./chart-values";
import { comparedTrust, keysBeyondConf } from "./compared-trust";
import { confReasons } from "./conf-reasons";
import { disconnectsOf } from "./disconnects";

/** One of the two states that are compared. */
export interface Side {
  topology: Topology;
  /** Keys, where they are known. */
  trust?: Trust;
}

/** By cluster and id: certificates that are issued again, although nothing of them is changed, with the reason. */
export type Renewed = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface ServerProps {
  /** False: without what a platform does. */
  onPlatform: boolean;
  renewed: Renewed;
}

/** What happens to every server of before and after, in their order. */
export function serverChanges(before: Side | undefined, after: Side, props: ServerProps): ServerChange[] {
  const old = before?.topology.clusters ?? [];
  const present = after.topology.clusters.flatMap((cluster) =>
    cluster.servers.map((server) => {
      const was = old.find(({ name }) => name === cluster.name);
      const wasServer = was?.servers.find(({ name }) => name === server.name);
      if (!before || !was || !wasServer) return newOrGone(cluster, server, "start");
      return changed({ side: before, cluster: was, server: wasServer }, { side: after, cluster, server }, props);
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

const keysOf = ({ side: { topology, trust }, cluster }: Placed): Trust => comparedTrust(topology, cluster.name, trust);

function confOf(placed: Placed, onPlatform: boolean): ConfObject {
  const { cluster, server } = placed;
  const { topology } = placed.side;
  const trust = keysOf(placed);
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  return onPlatform ? withChartValues(conf, cluster) : conf;
}

function changed(old: Placed, now: Placed, { onPlatform, renewed }: ServerProps): ServerChange {
  const from = confOf(old, onPlatform);
  const to = confOf(now, onPlatform);
  const version = [old, now].map(({ side }) => side.topology.nats.version);
  const reasons: ChangeReason[] = [
    ...(version[0] === version[1] ? [] : [{ at: "nats.version", effect: "restart" as const }]),
    ...(onPlatform ? carriedOut(now.cluster, confReasons(from, to)) : confReasons(from, to)),
    ...certificateReasons(old.cluster, now.cluster, renewed[now.cluster.name] ?? {}, onPlatform),
    ...(onPlatform ? keyReasons(old, now) : []),
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

/** Where nothing has servers read their configuration again, it reaches them by a start. */
function carriedOut({ platform }: ClusterTopology, reasons: ChangeReason[]): ChangeReason[] {
  if (platformModel(platform).reloads(platform)) return reasons;
  return reasons.map((reason) =>
    reason.effect === "reload" ? { ...reason, effect: "restart", why: "nothing reloads its servers" } : reason,
  );
}

/** Files of the same names with other certificates in them: servers read them again. */
function certificateReasons(
  old: ClusterTopology,
  cluster: ClusterTopology,
  renewed: Renewed[string],
  onPlatform: boolean,
): ChangeReason[] {
  const { certificates } = cluster;
  const exchanged = onPlatform ? exchangedAuthorities(old, cluster).map(({ issuer }) => issuer) : [];
  return certificates.flatMap((certificate): ChangeReason[] => {
    const was = old.certificates.find(({ id }) => id === certificate.id);
    if (was === undefined) return [];
    const at = `certificates.${certificate.id}`;
    if (exchanged.includes(certificate.issuer))
      return [{ at, effect: "reload", why: "its authority is exchanged, in steps: each is trusted before it signs" }];
    if (!isSame({ ...was, ttlMs: 0 }, { ...certificate, ttlMs: 0 })) return [{ at, effect: "reload" }];
    const why = renewed[certificate.id];
    return why === undefined ? [] : [{ at, effect: "reload", why: `it is issued again: ${why}` }];
  });
}

/** Keys that no configuration shows, and for which a platform replaces servers; see `deployedDigest`. */
function keyReasons(old: Placed, now: Placed): ChangeReason[] {
  const differ = (of: (placed: Placed) => unknown) => !isSame(of(old), of(now));
  const isOperator = now.side.topology.identity.mode === "operator";
  const beyond = (placed: Placed) =>
    keysBeyondConf(placed.side.topology, keysOf(placed), placed.side.trust, placed.cluster.name);
  const peers = ({ side: { topology, trust }, cluster }: Placed) =>
    peerAuthorities(topology, cluster, trust?.authorities);
  return [
    ...(isOperator && differ(beyond)
      ? [{ at: "trust.accounts", effect: "restart" as const, why: "servers keep the JWTs of accounts that they have" }]
      : []),
    ...(differ(peers)
      ? [{ at: "trust.authorities", effect: isOnEcs(now.cluster) ? ("restart" as const) : ("reload" as const) }]
      : []),
  ];
}
