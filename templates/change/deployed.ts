import type { ChangePlan } from "../../model/change";
import type { Trust } from "../../model/config";
import type { Deployed, LeafAuthorities, Topology } from "../../model/topology";
import { planChange } from "./plan";
import type { Renewed } from "./server-changes";

/**
 * Clusters that were applied with one and the same rest of the environment are in one topology: after a deployment that ended
 * half-way there are several.
 */
export function deployedTopologies(states: Iterable<Partial<Deployed>>): Deployed[] {
  const groups = new Map<string, Deployed>();
  for (const { topology, trust } of states) {
    if (!topology) continue;
    const { clusters, streams, ...rest } = topology;
    const key = JSON.stringify([rest, trust]);
    const group = groups.get(key)?.topology;
    groups.set(key, {
      topology: {
        ...rest,
        clusters: [...(group?.clusters ?? []), ...clusters],
        streams: [...(group?.streams ?? []), ...streams],
      },
      trust,
    });
  }
  return [...groups.values()];
}

/** The same, each with the clusters and streams of all: what leads from one cluster to another has both ends. */
export function deployedWholes(states: Iterable<Partial<Deployed>>): Deployed[] {
  const groups = deployedTopologies(states);
  const clusters = groups.flatMap(({ topology }) => topology.clusters);
  const streams = groups.flatMap(({ topology }) => topology.streams);
  return groups.map((group) => ({ ...group, topology: { ...group.topology, clusters, streams } }));
}

export interface DeployedProps {
  /** Keys of now: with those of then a rotation is part of the change. */
  trust?: Trust;
  /**
   * Authorities of leaf nodes that were known at the last deployment: no state notes them. An exchange is part of the change.
   *
   * @default those of `trust`
   */
  authorities?: LeafAuthorities;
  /** Certificates that are due, whatever changes. */
  renewed?: Renewed;
}

/**
 * What a deployment does to servers, clients and what is stored.
 *
 * @param states of the stacks that the environment has, and of those that left it
 * @param topology the whole of the environment: leaf nodes are compared with their hubs in view
 * @param clusters that are deployed, and of which is known what they were made from, or that nothing of them is there yet
 */
export function changeOf(
  states: Iterable<Partial<Deployed>>,
  topology: Topology,
  clusters: readonly string[],
  { trust, authorities = trust?.authorities, renewed }: DeployedProps = {},
): ChangePlan {
  const deployed = deployedTopologies(states);
  const all = deployed.flatMap((one) => one.topology.clusters);
  const known = all.map(({ name }) => name).filter((name) => clusters.includes(name));
  const fresh = clusters.filter((name) => !known.includes(name));
  // What is compared by itself is in the middle of the others as they are, or will be.
  const amid = (before: Topology): Topology => {
    const own = new Set(before.clusters.map(({ name }) => name));
    const others = [...all, ...topology.clusters].filter(({ name }) => !own.has(name));
    const streams = topology.streams.filter(({ cluster }) => !own.has(cluster));
    return {
      ...before,
      clusters: [...before.clusters, ...new Map(others.map((one) => [one.name, one])).values()],
      streams: [...before.streams, ...streams],
    };
  };
  const plans = [
    ...deployed.flatMap(({ topology: before, trust: keys }) => {
      const own = before.clusters.map(({ name }) => name).filter((name) => known.includes(name));
      const compared = keys && trust && { before: { ...keys, authorities }, after: trust };
      return own.length > 0 ? [about(own, planChange(amid(before), topology, { trust: compared, renewed }))] : [];
    }),
    ...(fresh.length > 0 ? [about(fresh, planChange(undefined, topology))] : []),
  ];
  return joined(topology.environment, plans);
}

/** The part of a plan that is about these clusters, or about none. */
function about(clusters: readonly string[], plan: ChangePlan): ChangePlan {
  const isOf = ({ cluster }: { cluster: string }) => clusters.includes(cluster);
  const isAt = ({ at }: { at: string }) => {
    const [, cluster] = /^clusters\.([^.]+)/.exec(at) ?? /^trust\.([^.]+)\./.exec(at) ?? [];
    return cluster === undefined || clusters.includes(cluster);
  };
  return {
    ...plan,
    servers: plan.servers.filter(isOf),
    streams: plan.streams.filter(isOf),
    losses: plan.losses.filter(isAt),
    narrowed: plan.narrowed.filter(isAt),
    forbidden: plan.forbidden.filter(isAt),
    others: plan.others.filter(isAt),
  };
}

function joined(environment: string, plans: readonly ChangePlan[]): ChangePlan {
  const all = <T>(of: (plan: ChangePlan) => readonly T[]): T[] => [
    ...new Map(plans.flatMap(of).map((one) => [JSON.stringify(one), one])).values(),
  ];
  return {
    environment,
    servers: all(({ servers }) => servers),
    streams: all(({ streams }) => streams),
    losses: all(({ losses }) => losses),
    narrowed: all(({ narrowed }) => narrowed),
    forbidden: all(({ forbidden }) => forbidden),
    others: all(({ others }) => others),
  };
}
