import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { awsClusterNames, awsNames } from "../../modules/topology";
import { type CheckedCluster, type DeployRow, row } from "./check";
import { clientConfig, type DeployTarget } from "./target";
import { tasksOf } from "./tasks";

/** One service for each server, with one healthy task of the task definition that the service wants. */
export function checkServices(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const client = new ECSClient(clientConfig(target, region));
  const names = awsClusterNames(target.environment.name, cluster.name);
  const ecsCluster = awsNames(target.environment.name, region).ecsCluster;
  return Promise.all(
    cluster.servers.map((server) =>
      row("services", names.service(server.name), async () => {
        const name = names.service(server.name);
        const { services = [] } = await client.send(
          new DescribeServicesCommand({ cluster: ecsCluster, services: [name] }),
        );
        const [service] = services.filter(({ status }) => status === "ACTIVE");
        if (!service) return { ok: false, seen: "there is no such service" };
        const tasks = await tasksOf(target, region, name);
        const healthy = tasks.filter(
          ({ lastStatus, healthStatus, taskDefinitionArn }) =>
            lastStatus === "RUNNING" && healthStatus === "HEALTHY" && taskDefinitionArn === service.taskDefinition,
        );
        const definition = service.taskDefinition?.split("/").at(-1);
        const ok = tasks.length === 1 && healthy.length === 1 && service.desiredCount === 1;
        return { ok, seen: `${healthy.length} of ${tasks.length} tasks healthy, ${definition}` };
      }),
    ),
  );
}
