import type { AwsStack } from "../../../model/topology";
import { type DeployRow, settled } from "../../core/rows";
import type { DeployTarget } from "../target";
import { checkRecord } from "./check-record";
import { checkRules } from "./check-rules";
import { checkCertificates, checkKeys } from "./check-secrets";
import { checkServers } from "./check-servers";
import { checkFleet, checkResponders, checkServices } from "./check-services";
import type { CheckedCluster } from "./checked-cluster";

/** Checks a deployment to AWS, by AWS's API alone. Waits for tasks to start, servers to load, and the client record. */
export async function checkAws(target: DeployTarget, stacks: readonly AwsStack[]): Promise<DeployRow[]> {
  const clusters = clustersOf(target, stacks);
  const regions = [...new Set(stacks.map(({ region }) => region))];
  const checks = [
    ...clusters.flatMap((checked) => [
      () => checkServices(target, checked),
      () => checkServers(target, checked),
      () => checkResponders(target, checked),
      () => checkFleet(target, checked),
      () => checkRecord(target, checked),
      () => checkCertificates(target, checked),
      () => checkRules(target, checked),
    ]),
    ...regions.map((region) => () => checkKeys(target, region)),
  ];
  return (await Promise.all(checks.map(settled))).flat();
}

/** Clusters whose stack with the servers is deployed. */
function clustersOf({ topology }: DeployTarget, stacks: readonly AwsStack[]): CheckedCluster[] {
  return topology.clusters.flatMap((cluster) => {
    const stack = stacks.find(({ layer, cluster: name }) => layer === "nats" && name === cluster.name);
    return stack ? [{ cluster, region: stack.region }] : [];
  });
}
