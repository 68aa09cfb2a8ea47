import { type DeployRow, settled } from "../check";
import type { KubernetesStack } from "../stacks";
import type { DeployTarget } from "../target";
import { checkCronJobs } from "./check-cron-jobs";
import { checkPods, checkResponders } from "./check-pods";
import { checkCertificates, checkKeys } from "./check-secrets";
import { checkServers } from "./check-servers";
import { checkStreams } from "./check-streams";

type Look = (target: DeployTarget, cluster: string) => Promise<DeployRow[]>;

const looks: readonly [DeployRow["group"], Look][] = [
  ["pods", checkPods],
  ["pods", checkResponders],
  ["secrets", checkCertificates],
  ["secrets", checkKeys],
  ["servers", checkServers],
  ["streams", checkStreams],
  ["jobs", checkCronJobs],
];

/** Between two looks: each of them runs kubectl. */
const pauseMs = 2000;

/** Looks at what was deployed to Kubernetes: by its API, and as a client of the servers. */
export async function checkKubernetes(target: DeployTarget, stacks: readonly KubernetesStack[]): Promise<DeployRow[]> {
  const rows: DeployRow[] = [];
  for (const cluster of new Set(stacks.map((stack) => stack.cluster))) {
    const seen = looks.map(([group, look]) =>
      settled(() => told(group, cluster, () => look(target, cluster)), pauseMs),
    );
    rows.push(...(await Promise.all(seen)).flat());
  }
  return rows;
}

/** A look that fails is a row. */
async function told(group: DeployRow["group"], what: string, look: () => Promise<DeployRow[]>): Promise<DeployRow[]> {
  try {
    return await look();
  } catch (error) {
    return [
      { group, what, ok: false, seen: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" },
    ];
  }
}
