import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  type Service,
  UpdateServiceCommand,
  waitUntilServicesStable,
} from "@aws-sdk/client-ecs";
import type { AwsStack } from "../../../model/topology";
import { awsClusterNames, awsNames } from "../../../model/topology";
import type { Progress } from "../../core/steps";
import { isStarted, keysIn, notReady, respondersStep } from "../rotation-step";
import { clientConfig, type DeployTarget } from "../target";
import { activeService } from "./tasks";

const maxWaitSeconds = 900;

/** The ECS service of a cluster's responders, and the keys that it names; see `calloutKeys`. */
export async function respondersOf(
  client: ECSClient,
  target: Pick<DeployTarget, "environment">,
  region: string,
  clusterName: string,
): Promise<{ service: Service; keys?: string } | undefined> {
  const cluster = awsNames(target.environment.name, region).ecsCluster;
  const name = awsClusterNames(target.environment.name, clusterName).program("auth-callout");
  const service = await activeService(client, cluster, name);
  if (!service) return undefined;
  const { taskDefinition } = await client.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
  );
  const variables = taskDefinition?.containerDefinitions?.flatMap(({ environment = [] }) => environment) ?? [];
  return { service, keys: keysIn(variables) };
}

/**
 * Starts the responders with the keys of a rotation before any server uses them: a responder accepts old and new keys,
 * a server knows one. Tasks read their secrets when they start, so new tasks suffice; a new task definition follows
 * with the responders' own stack.
 *
 * @throws UserError when they do not get ready: the running responders and the servers stay unchanged
 */
export async function respondersFirst(
  target: Pick<DeployTarget, "environment" | "topology" | "trust" | "emulator">,
  { region, cluster: clusterName = "" }: Pick<AwsStack, "region" | "cluster">,
  progress: Progress,
): Promise<void> {
  const client = new ECSClient(clientConfig(target, region));
  try {
    const found = await respondersOf(client, target, region, clusterName);
    // Before the first deployment there are none.
    if (!found) return;
    const { clusterArn: cluster, serviceName = "", runningCount = 0 } = found.service;
    // Only their own stack changes the variable, after the servers: then nothing is left to wait for.
    const responders = { keys: found.keys, done: true, available: runningCount };
    const { programsStack } = awsClusterNames(target.environment.name, clusterName);
    if (
      !isStarted(
        respondersStep(responders, target.topology, target.trust, clusterName),
        serviceName,
        programsStack,
        progress,
      )
    )
      return;
    const { service } = await client.send(
      new UpdateServiceCommand({ cluster, service: serviceName, forceNewDeployment: true }),
    );
    const request = { cluster, services: [serviceName] };
    const patience = { client, maxWaitTime: maxWaitSeconds, minDelay: 5, maxDelay: 15 };
    // The service is checked in any case.
    await waitUntilServicesStable(patience, request).catch(() => undefined);
    const [stable] = (await client.send(new DescribeServicesCommand(request))).services ?? [];
    if (isRolledOut(service, stable)) return;
    throw notReady(
      serviceName,
      `see its log group ${awsNames(target.environment.name, region).logGroup(`${clusterName}-auth-callout`)}`,
    );
  } finally {
    client.destroy();
  }
}

/** True when the requested deployment runs. A failed one is rolled back, and the service is then stable as well. */
export function isRolledOut(request: Service | undefined, now: Service | undefined): boolean {
  const deployment = primary(now);
  return deployment !== undefined && deployment.id === primary(request)?.id && deployment.rolloutState === "COMPLETED";
}

const primary = (service: Service | undefined) => service?.deployments?.find(({ status }) => status === "PRIMARY");
