import type { ClusterTopology } from "../../modules/topology";
import { poll } from "../twin/processes";
import { checkRecord } from "./check-record";
import { checkRules } from "./check-rules";
import { checkCertificates, checkKeys } from "./check-secrets";
import { checkResponders, checkServices } from "./check-services";
import type { AwsStack } from "./stacks";
import type { DeployTarget } from "./target";

/** One thing that was looked at after a deployment, with what was seen. */
export interface DeployRow {
  group: "services" | "record" | "secrets" | "rules" | "plan" | "pods" | "servers" | "streams" | "jobs" | "trust";
  what: string;
  ok: boolean;
  /** It holds, and will not for long. */
  warns?: boolean;
  seen: string;
}

/** A cluster whose servers the deployment made. */
export interface CheckedCluster {
  cluster: ClusterTopology;
  region: string;
}

const settleMs = 120_000;

/** Looks at what was deployed to AWS, by its own API alone. Waits for what takes its time: tasks that start, a record that follows. */
export async function checkAws(target: DeployTarget, stacks: readonly AwsStack[]): Promise<DeployRow[]> {
  const clusters = clustersOf(target, stacks);
  const regions = [...new Set(stacks.map(({ region }) => region))];
  const looks = [
    ...clusters.flatMap((checked) => [
      () => checkServices(target, checked),
      () => checkResponders(target, checked),
      () => checkRecord(target, checked),
      () => checkCertificates(target, checked),
      () => checkRules(target, checked),
    ]),
    ...regions.map((region) => () => checkKeys(target, region)),
  ];
  return (await Promise.all(looks.map(settled))).flat();
}

/** Clusters whose stack with the servers is deployed. */
function clustersOf({ topology }: DeployTarget, stacks: readonly AwsStack[]): CheckedCluster[] {
  return topology.clusters.flatMap((cluster) => {
    const stack = stacks.find(({ layer, cluster: name }) => layer === "nats" && name === cluster.name);
    return stack ? [{ cluster, region: stack.region }] : [];
  });
}

/** Looks again until every row is right or the time is over; the last look counts. */
export async function settled(look: () => Promise<DeployRow[]>, pauseMs = 0): Promise<DeployRow[]> {
  let rows: DeployRow[] = [];
  await poll(async () => {
    rows = await look();
    if (rows.every(({ ok }) => ok)) return true;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return false;
  }, settleMs);
  return rows;
}

/** A row; a look that fails has failed with its message. */
export async function row(
  group: DeployRow["group"],
  what: string,
  look: () => Promise<Pick<DeployRow, "ok" | "warns" | "seen">>,
): Promise<DeployRow> {
  try {
    return { group, what, ...(await look()) };
  } catch (error) {
    const seen = error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error);
    return { group, what, ok: false, seen };
  }
}
