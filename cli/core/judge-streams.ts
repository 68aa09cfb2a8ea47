import type { NatsConnection } from "nats";
import type { Topology } from "../../model/topology";
import { isEmpty } from "../../runtime/streams/action";
import { findStreams } from "../../runtime/streams/find";
import { planStreams } from "../../runtime/streams/plan";
import { renderPlan } from "../../runtime/streams/render";
import { toStreamSpecs } from "../../templates/stream-specs";
import type { CheckResult } from "./rows";

const patienceMs = 15_000;

/** What it takes to have an account's streams as they are wanted. */
export async function streamsPlan(topology: Topology, cluster: string, account: string, connection: NatsConnection) {
  const desired = toStreamSpecs(topology, cluster, account);
  const found = await findStreams(connection, Date.now() + patienceMs, desired);
  return planStreams({ desired, found, owner: topology.environment });
}

/** Whether an account's streams and consumers are as they are wanted, by the plan that would make them so. */
export function judgePlan(
  topology: Topology,
  cluster: string,
  account: string,
  plan: Awaited<ReturnType<typeof streamsPlan>>,
): CheckResult {
  if (!isEmpty(plan)) return { ok: false, seen: renderPlan(plan).replace(/\s+/g, " ") };
  const desired = toStreamSpecs(topology, cluster, account);
  const consumers = desired.reduce((count, stream) => count + stream.consumers.length, 0);
  return { ok: true, seen: `${desired.length} streams, ${consumers} consumers` };
}

/** Who holds a stream, as its leader tells it. */
export interface StreamGroup {
  leader?: string;
  replicas?: { name: string; current: boolean; offline?: boolean }[];
}

/** Whether a stream has as many replicas as it should, each of them with everything. */
export function judgeReplicas(desired: number, group: StreamGroup | undefined): CheckResult {
  // A server alone tells of no cluster.
  if (desired === 1 && !group) return { ok: true, seen: "on the only server" };
  const followers = group?.replicas ?? [];
  const current = followers.filter((replica) => replica.current && !replica.offline);
  const behind = followers.filter((replica) => !current.includes(replica)).map(({ name }) => name);
  const ok = Boolean(group?.leader) && current.length === desired - 1 && behind.length === 0;
  const others = current.map(({ name }) => name).sort();
  return {
    ok,
    seen: [
      group?.leader ? `${group.leader} leads` : "no leader",
      ...(others.length > 0 ? [`${others.join(", ")} current`] : []),
      ...(behind.length > 0 ? [`${behind.join(", ")} behind`] : []),
    ].join(", "),
  };
}

/** Whether each server that holds a stream has the tags that it is placed by. */
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
