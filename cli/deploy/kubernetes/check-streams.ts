import type { NatsConnection } from "nats";
import { streamAccounts, streamsInbox } from "../../../model/topology";
import { isEmpty } from "../../../runtime/streams/action";
import { findStreams, manager } from "../../../runtime/streams/find";
import { planStreams } from "../../../runtime/streams/plan";
import { renderPlan } from "../../../runtime/streams/render";
import { toStreamSpecs } from "../../../templates/stream-specs";
import { checkRow, type DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { withServers } from "./connection";

const patienceMs = 15_000;

interface Replicas {
  leader?: string;
  replicas?: { name: string; current: boolean; offline?: boolean }[];
}

/** Whether a stream has as many replicas as it should, each of them with everything. */
export function judgeReplicas(wanted: number, cluster: Replicas | undefined): { ok: boolean; seen: string } {
  // A server alone tells of no cluster.
  if (wanted === 1 && !cluster) return { ok: true, seen: "on the only server" };
  const followers = cluster?.replicas ?? [];
  const current = followers.filter((replica) => replica.current && !replica.offline);
  const behind = followers.filter((replica) => !current.includes(replica)).map(({ name }) => name);
  const ok = Boolean(cluster?.leader) && current.length === wanted - 1 && behind.length === 0;
  const others = current.map(({ name }) => name).sort();
  return {
    ok,
    seen: [
      cluster?.leader ? `${cluster.leader} leads` : "no leader",
      ...(others.length > 0 ? [`${others.join(", ")} current`] : []),
      ...(behind.length > 0 ? [`${behind.join(", ")} behind`] : []),
    ].join(", "),
  };
}

/** What it takes to have an account's streams as they are wanted. */
export async function streamsPlan(
  { topology }: Pick<DeployTarget, "topology">,
  name: string,
  account: string,
  connection: NatsConnection,
) {
  const desired = toStreamSpecs(topology, name, account);
  const found = await findStreams(connection, Date.now() + patienceMs, desired);
  return planStreams({ desired, found, owner: topology.environment });
}

/** Streams of each account as they are wanted, with every replica current. */
export async function checkStreams(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { topology } = target;
  const accounts = streamAccounts(topology, name);
  if (accounts.length === 0) return [];
  return withServers(target, name, async (connect) => {
    const rows: DeployRow[] = [];
    for (const account of accounts) {
      const connection = await (await connect(`streams-${account}`, streamsInbox)).connection();
      const desired = toStreamSpecs(topology, name, account);
      rows.push(
        await checkRow("streams", `${name}/${account}: as wanted`, async () => {
          const plan = await streamsPlan(target, name, account, connection);
          const ok = isEmpty(plan);
          const consumers = desired.reduce((count, stream) => count + stream.consumers.length, 0);
          const wanted = `${desired.length} streams, ${consumers} consumers`;
          return { ok, seen: ok ? wanted : renderPlan(plan).replace(/\s+/g, " ") };
        }),
      );
      const jsm = await manager(connection);
      for (const stream of desired)
        rows.push(
          await checkRow("streams", `${stream.name}: R${stream.replicas}`, async () =>
            judgeReplicas(stream.replicas, (await jsm.streams.info(stream.name)).cluster),
          ),
        );
    }
    return rows;
  });
}
