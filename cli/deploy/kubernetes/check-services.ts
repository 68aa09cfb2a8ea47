import { httpGatewayRun } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { judgeDeployment, Responders } from "./responders";

/** The HTTP gateway's pods: each is ready once it has logged in to NATS. */
export async function checkServices(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { cluster, names, kubectl, inside } = clusterAccess(target, name);
  if (!cluster.httpGateway) return [];
  return [
    await checkRow("pods", names.httpGateway, async () => {
      const found = await kubectl.json(Responders, ...inside, "get", "deployment", names.httpGateway);
      return judgeDeployment(found, "gateways", httpGatewayRun.least);
    }),
  ];
}
