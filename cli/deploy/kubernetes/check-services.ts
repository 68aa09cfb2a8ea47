import { httpGatewayRun } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { judgeDeployment, Responders } from "./responders";

/** The pods of the HTTP gateway, ready once it has logged in to NATS, and those of each service, which run. */
export async function checkServices(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { cluster, names, kubectl, inside } = clusterAccess(target, name);
  const row = (deployment: string, what: string, least: number) =>
    checkRow("pods", deployment, async () =>
      judgeDeployment(await kubectl.json(Responders, ...inside, "get", "deployment", deployment), what, least),
    );
  return Promise.all([
    ...(cluster.httpGateway ? [row(names.httpGateway, "gateways", httpGatewayRun.least)] : []),
    ...cluster.fleet.map((service) => row(names.service(service.name), "pods", service.count)),
  ]);
}
