import type { NatsConnection } from "@nats-io/transport-node";
import type { Topology } from "../../model/topology";
import { isEmpty } from "../../runtime/streams/action";
import { findStreams } from "../../runtime/streams/find";
import { planStreams } from "../../runtime/streams/plan";
import { renderPlan } from "../../runtime/streams/render";
import { toStreamSpecs } from "../../templates/stream-specs";
import { counted } from "./counted";
import type { CheckResult } from "./rows";

const patienceMs = 15_000;

/** The plan that brings an account's streams to their configuration. */
export async function streamsPlan(topology: Topology, cluster: string, account: string, connection: NatsConnection) {
  const desired = toStreamSpecs(topology, cluster, account);
  const found = await findStreams(connection, Date.now() + patienceMs, desired);
  return planStreams({ desired, found, owner: topology.environment });
}

/** Check that an account's streams and consumers match their configuration: the plan is empty. */
export function judgePlan(
  topology: Topology,
  cluster: string,
  account: string,
  plan: Awaited<ReturnType<typeof streamsPlan>>,
): CheckResult {
  if (!isEmpty(plan)) return { ok: false, seen: renderPlan(plan).replace(/\s+/g, " ") };
  const desired = toStreamSpecs(topology, cluster, account);
  const consumers = desired.reduce((count, stream) => count + stream.consumers.length, 0);
  return { ok: true, seen: `${counted(desired.length, "stream")}, ${counted(consumers, "consumer")}` };
}

/** Servers that hold a stream, as its leader reports them. */
export interface StreamGroup {
  leader?: string;
  replicas?: { name: string; current: boolean; offline?: boolean }[];
}

/** Check that a stream has all of its replicas, each of them current. */
export function judgeReplicas(desired: number, group: StreamGroup | undefined): CheckResult {
  // A single server reports no cluster.
  if (desired === 1 && !group) return { ok: true, seen: "on the only server" };
  const followers = group?.replicas ?? [];
  const current = followers.filter((replica) => replica.current && !replica.offline);
  const lagging = followers.filter((replica) => !current.includes(replica)).map(({ name }) => name);
  const ok = Boolean(group?.leader) && current.length === desired - 1 && lagging.length === 0;
  const others = current.map(({ name }) => name).sort();
  return {
    ok,
    seen: [
      group?.leader ? `${group.leader} leads` : "no leader",
      ...(others.length > 0 ? [`${others.join(", ")} current`] : []),
      ...(lagging.length > 0 ? [`${lagging.join(", ")} behind`] : []),
    ].join(", "),
  };
}

/** Check that each server that holds a stream has the stream's placement tags. */
export function judgePlacement(
  placementTags: readonly string[],
  servers: readonly { name: string; tags: readonly string[] }[],
  group: StreamGroup | undefined,
): CheckResult {
  const holders = [group?.leader, ...(group?.replicas ?? []).map(({ name }) => name)];
  const misplaced = holders.filter((holder) => {
    const tags = servers.find(({ name }) => name === holder)?.tags ?? [];
    return holder !== undefined && placementTags.some((tag) => !tags.includes(tag));
  });
  if (misplaced.length === 0) return { ok: true, seen: placementTags.join(" ") };
  return { ok: false, seen: `${misplaced.join(", ")} without ${placementTags.join(" ")}` };
}
