import { ECSClient } from "@aws-sdk/client-ecs";
import { awsClusterNames, awsNames, calloutKeys } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import { withKeys } from "../rotation-step";
import { readState } from "../states/state";
import { clientConfig, type DeployTarget } from "../target";
import type { CheckedCluster } from "./checked-cluster";
import { respondersOf } from "./responders-first";
import { activeService, tasksOf } from "./tasks";
import { definitionText, wantedDefinition } from "./wanted-definitions";

/** One service for each server, with one healthy task of the task definition that Terraform wants. */
export async function checkServices(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const client = new ECSClient(clientConfig(target, region));
  const names = awsClusterNames(target.environment.name, cluster.name);
  const ecsCluster = awsNames(target.environment.name, region).ecsCluster;
  const state = await readState(target, names.natsStack);
  return Promise.all(
    cluster.servers.map((server) =>
      checkRow("services", names.service(server.name), async () => {
        const name = names.service(server.name);
        const service = await activeService(client, ecsCluster, name);
        if (!service) return { ok: false, seen: "there is no such service" };
        const wanted = wantedDefinition(state, name);
        const tasks = await tasksOf(target, region, name);
        const healthy = tasks.filter(
          ({ lastStatus, healthStatus, taskDefinitionArn }) =>
            lastStatus === "RUNNING" && healthStatus === "HEALTHY" && taskDefinitionArn === wanted,
        );
        const ok = tasks.length === 1 && healthy.length === 1 && service.desiredCount === 1;
        const definition = definitionText(service.taskDefinition, wanted);
        return { ok, seen: `${healthy.length} of ${tasks.length} tasks healthy, ${definition}` };
      }),
    ),
  );
}

/** As many tasks of each service of the environment as ECS wants, of the task definition that Terraform wants. */
export async function checkFleet(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  if (cluster.fleet.length === 0) return [];
  const client = new ECSClient(clientConfig(target, region));
  const names = awsClusterNames(target.environment.name, cluster.name);
  const ecsCluster = awsNames(target.environment.name, region).ecsCluster;
  const state = await readState(target, names.programsStack);
  return Promise.all(
    cluster.fleet.map((own) => {
      const name = names.program(own.name);
      return checkRow("services", name, async () => {
        const service = await activeService(client, ecsCluster, name);
        if (!service) return { ok: false, seen: "there is no such service" };
        const wanted = wantedDefinition(state, name);
        const tasks = await tasksOf(target, region, name);
        const running = tasks.filter(
          ({ lastStatus, taskDefinitionArn }) => lastStatus === "RUNNING" && taskDefinitionArn === wanted,
        );
        const ok = running.length === service.desiredCount && tasks.length === running.length;
        const definition = definitionText(service.taskDefinition, wanted);
        return { ok, seen: `${running.length} of ${service.desiredCount} tasks run, ${definition}` };
      });
    }),
  );
}

/** The desired number of healthy responders, with the keys of the trust file. */
export async function checkResponders(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const names = awsClusterNames(target.environment.name, cluster.name);
  const name = names.program("auth-callout");
  const state = await readState(target, names.programsStack);
  return [
    await checkRow("services", name, async () => {
      const found = await respondersOf(new ECSClient(clientConfig(target, region)), target, region, cluster.name);
      if (!found) return { ok: false, seen: "there is no such service" };
      const { service, keys } = found;
      const tasks = await tasksOf(target, region, name);
      const wanted = wantedDefinition(state, name);
      const ready = tasks.filter(
        ({ healthStatus, taskDefinitionArn }) => healthStatus === "HEALTHY" && taskDefinitionArn === wanted,
      );
      const ok = tasks.length === service.desiredCount && ready.length === tasks.length && tasks.length > 0;
      const other = service.taskDefinition === wanted ? "" : `, ${definitionText(service.taskDefinition, wanted)}`;
      const seen = `${ready.length} of ${service.desiredCount} responders healthy${other}`;
      return withKeys({ ok, seen }, keys, calloutKeys(target.topology, target.trust, cluster.name));
    }),
  ];
}
