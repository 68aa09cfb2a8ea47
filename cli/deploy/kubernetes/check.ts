import type { KubernetesStack } from "../../../model/topology";
import { checkRows, type DeployRow, settled } from "../../core/rows";
import type { DeployTarget } from "../target";
import { checkCronJobs } from "./check-cron-jobs";
import { checkPods, checkResponders } from "./check-pods";
import { checkCertificates, checkKeys } from "./check-secrets";
import { checkServers } from "./check-servers";
import { checkServices } from "./check-services";
import { checkStreams } from "./check-streams";
import { checkObjects } from "./objects";

type Check = (target: DeployTarget, cluster: string) => Promise<DeployRow[]>;

const checks: readonly [DeployRow["group"], Check][] = [
  ["pods", checkObjects],
  ["pods", checkPods],
  ["pods", checkResponders],
  ["pods", checkServices],
  ["secrets", checkCertificates],
  ["secrets", checkKeys],
  ["servers", checkServers],
  ["streams", checkStreams],
  ["jobs", checkCronJobs],
];

/** Between two rounds of checks, which run kubectl. */
const pauseMs = 2000;

/** Checks a deployment to Kubernetes, by its API and as a client of the servers. */
export async function checkKubernetes(target: DeployTarget, stacks: readonly KubernetesStack[]): Promise<DeployRow[]> {
  const rows: DeployRow[] = [];
  for (const cluster of new Set(stacks.map((stack) => stack.cluster))) {
    const seen = checks.map(([group, check]) =>
      settled(() => checkRows(group, cluster, () => check(target, cluster)), pauseMs),
    );
    rows.push(...(await Promise.all(seen)).flat());
  }
  return rows;
}
