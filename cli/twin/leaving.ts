import type { ClusterTopology } from "../../model/topology";
import { removeServers } from "../../runtime/roll/leave";
import { appliedTopology } from "./applied";
import type { Twin } from "./context";
import { allocatePorts } from "./ports";
import { twinRoll } from "./roll";
import { twinDriver } from "./roll-driver";
import { stoppingPlainly } from "./roll-stopped";

/** Servers that a cluster with JetStream had and no longer has: what they store goes to the others first. */
export function leavingServers(twin: Twin, cluster: ClusterTopology): ClusterTopology["servers"] {
  const before = appliedTopology(twin)?.clusters.find(({ name }) => name === cluster.name);
  // Who is left alone has no groups of replicas.
  if (!before?.jetstream || !cluster.jetstream || cluster.servers.length === 1) return [];
  const stay = new Set(cluster.servers.map(({ name }) => name));
  return before.servers.filter(({ name }) => !stay.has(name));
}

/** Takes servers that a cluster no longer has out of it, one after another. @returns their names */
export async function removeLeaving(
  twin: Twin,
  cluster: ClusterTopology,
  { natsServer, agreed }: { natsServer: string; agreed: readonly string[] },
  say: (text: string) => void,
): Promise<string[]> {
  const gone = leavingServers(twin, cluster);
  const before = appliedTopology(twin);
  if (gone.length === 0 || !before) return [];
  const ports = { ...allocatePorts(before, twin.ports.base).servers, ...twin.ports.servers };
  const wide = { ...twin, ports: { ...twin.ports, servers: ports } };
  const driver = twinDriver(wide, { ...cluster, servers: [...cluster.servers, ...gone] }, [], natsServer);
  const { servers, meta } = await driver.look();
  const runs = (name: string) => servers.some((server) => server.name === name && server.runs);
  const isMember = (name: string) => meta?.followers.some((member) => member.name === name);
  // Highest first, as they were added.
  const leaving = gone
    .map(({ name }) => name)
    .filter((name) => runs(name) || isMember(name))
    .reverse();
  const stay = cluster.servers.map(({ name }) => name);
  const props = { ...twinRoll, allowed: agreed, say };
  await stoppingPlainly(twin.topology.environment, () => removeServers(driver, { stay, leaving }, props));
  return leaving;
}
