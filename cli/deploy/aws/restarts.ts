import { setTimeout as sleep } from "node:timers/promises";
import { ECSClient, type Service } from "@aws-sdk/client-ecs";
import {
  type AwsStack,
  awsClusterNames,
  awsNames,
  clusterOf,
  type EcsCluster,
  isOnEcs,
  streamsInbox,
} from "../../../model/topology";
import { NotBack, type RollProps, rollServers } from "../../../runtime/roll/roll";
import { UserError } from "../../core/project";
import type { Progress } from "../../core/steps";
import { usualRate } from "../../twin/audit";
import type { Within } from "../ask-cluster";
import { applyPlan, planStack, type StackPlan } from "../plan";
import { stoppingRoll } from "../roll-stopped";
import { readState } from "../states/state";
import { clientConfig, type DeployTarget } from "../target";
import { notReached, withinEcs } from "./connection";
import { restartTargets } from "./restart-targets";
import { ecsRollDriver } from "./roll-driver";
import { activeService, tasksOf } from "./tasks";
import { wantedDefinition } from "./wanted-definitions";

export interface EcsRestartOptions {
  /** Bytes a second that are read of each replica. @default 16 MiB */
  bytesPerSecond?: number;
}

const patienceMs = 60_000;
/** As Terraform waits for a service. */
const backMs = 1_800_000;

/**
 * Applies the plan of a stack with servers. Those that are there and are to run another task definition are restarted by natsform,
 * each only while the others serve and hold the same: Terraform goes by the health of a task alone, and one that comes back with an
 * empty disk is healthy before it has its messages again. All that it does afterwards is what is left of the same plan.
 */
export async function applyServers(
  target: DeployTarget,
  stack: AwsStack,
  plan: StackPlan,
  say: Progress,
): Promise<void> {
  const { changes } = plan;
  if (!changes.some(replacesTask)) return applyPlan(target, stack.id, say);
  const cluster = ecsCluster(target, stack);
  // Before anything is changed: it may refuse.
  const within = await serversReached(target, cluster, say);
  const first = restartTargets(target, stack.id, changes);
  // None where an earlier call came so far: without names everything would be planned.
  if (first.length > 0) {
    const { changes: early } = await planOnly(target, stack, plan, first);
    if (early.some(({ address }) => address.startsWith("aws_ecs_service.")))
      throw new Error(`${stack.id}: a service depends on what is applied before it`);
    if (early.length > 0) await applyPlan(target, stack.id, say);
  }
  await restartChanged(target, cluster, within, say);
  await planOnly(target, stack, plan, []);
  await applyPlan(target, stack.id, say);
}

function ecsCluster({ topology }: DeployTarget, { id, cluster: name = "" }: AwsStack): EcsCluster {
  const cluster = clusterOf(topology, name);
  if (!isOnEcs(cluster)) throw new Error(`${id} has no cluster on ECS`);
  return cluster;
}

/** A service that stays and gets another task definition. */
const replacesTask = ({ action, attributes }: StackPlan["changes"][number]): boolean =>
  action === "update" && attributes.includes("aws_ecs_service.task_definition");

/** Plans again, of these resources alone where some are named. @throws UserError for a change that was not in the plan that was judged */
async function planOnly(
  target: DeployTarget,
  { id }: AwsStack,
  judged: StackPlan,
  only: readonly string[],
): Promise<StackPlan> {
  const plan = await planStack(target, id, { only });
  const known = new Set(
    [...judged.changes, ...judged.differences].map(({ address, action }) => `${action} ${address}`),
  );
  const other = plan.changes.filter(({ address, action }) => !known.has(`${action} ${address}`));
  if (other.length === 0) return plan;
  throw new UserError(
    `${id}: ${other.map(({ address, action }) => `${action} ${address}`).join(", ")} was not in the plan that was judged`,
    `natsform deploy ${target.environment.name} plans it anew`,
  );
}

/** Restarts the servers of a cluster that run another task definition than Terraform wants. @returns those that were restarted */
async function restartChanged(
  target: DeployTarget,
  cluster: EcsCluster,
  within: Within | undefined,
  say: Progress,
): Promise<string[]> {
  const services = await deployedServices(target, cluster);
  const definitions = await wantedDefinitions(target, cluster);
  const wanted = [...services].flatMap(([server, { taskDefinition }]) =>
    taskDefinition === definitions.get(server) ? [] : [server],
  );
  return restartOnEcs(target, cluster, { services, definitions, wanted, within }, {}, say);
}

/**
 * Restarts all servers of a cluster with the task definition that they have.
 *
 * @param since milliseconds since the epoch: those whose task began later are done
 * @returns those that were restarted
 */
export async function restartAll(
  target: DeployTarget,
  cluster: EcsCluster,
  since: number,
  options: EcsRestartOptions,
  say: Progress,
): Promise<string[]> {
  const services = await deployedServices(target, cluster);
  if (services.size === 0)
    throw new UserError(`${cluster.name} is not deployed`, `natsform deploy ${target.environment.name}`);
  const names = awsClusterNames(target.environment.name, cluster.name);
  const wanted: string[] = [];
  for (const server of services.keys()) {
    const tasks = await tasksOf(target, cluster.platform.region, names.service(server));
    if (!tasks.some(({ startedAt }) => startedAt && startedAt.getTime() >= since)) wanted.push(server);
  }
  const definitions = new Map([...services].map(([server, { taskDefinition = "" }]) => [server, taskDefinition]));
  const within = wanted.length > 0 ? await serversReached(target, cluster, say) : undefined;
  return restartOnEcs(target, cluster, { services, definitions, wanted, within }, options, say);
}

interface EcsRestarts {
  services: ReadonlyMap<string, Service>;
  /** The task definition that each server is to run. */
  definitions: ReadonlyMap<string, string>;
  /** Servers to restart. */
  wanted: string[];
  /** Connections to the servers; without, they are known by what ECS says of their tasks alone. */
  within: Within | undefined;
}

/** @throws UserError where others could not do without a server, or it does not come back: the rest is left alone */
async function restartOnEcs(
  target: DeployTarget,
  cluster: EcsCluster,
  { services, definitions, wanted, within }: EcsRestarts,
  { bytesPerSecond = usualRate }: EcsRestartOptions,
  say: Progress,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const driver = ecsRollDriver(target, cluster, {
    ...{ servers: [...services.keys()], definitions, within, readyMs: backMs },
    ...(target.emulator && { pollMs: 200 }),
  });
  const props: RollProps & { empties?: false } = {
    bytesPerSecond,
    inboxPrefix: streamsInbox,
    loses: lossOf(cluster),
    allowed: target.allowed?.dataLoss,
    patienceMs,
    backMs,
    ...(!target.emulator && { pauseMs: 2000 }),
    say,
    empties: false,
  };
  await stoppingRoll(target.environment.name, async () => {
    await rolloutsEnd(target, cluster, wanted);
    await rollServers(driver, wanted, props);
  });
  return wanted;
}

/** What a server of the cluster has lost when it is back. */
const lossOf = ({ platform }: EcsCluster): RollProps["loses"] =>
  platform.storage === "ephemeral" ? "everything" : "memory";

/** Services of the cluster's servers that are there: one that is new is made by Terraform. */
async function deployedServices(
  target: DeployTarget,
  { name, servers, platform }: EcsCluster,
): Promise<ReadonlyMap<string, Service>> {
  const client = new ECSClient(clientConfig(target, platform.region));
  const names = awsClusterNames(target.environment.name, name);
  const { ecsCluster } = awsNames(target.environment.name, platform.region);
  try {
    const found = new Map<string, Service>();
    for (const server of servers) {
      const service = await activeService(client, ecsCluster, names.service(server.name));
      if (service) found.set(server.name, service);
    }
    return found;
  } finally {
    client.destroy();
  }
}

async function wantedDefinitions(
  target: DeployTarget,
  { name, servers }: EcsCluster,
): Promise<ReadonlyMap<string, string>> {
  const names = awsClusterNames(target.environment.name, name);
  const state = await readState(target, names.natsStack);
  return new Map(
    servers.flatMap((server) => {
      const definition = wantedDefinition(state, names.service(server.name));
      return definition === undefined ? [] : [[server.name, definition] as const];
    }),
  );
}

/**
 * Connections to the servers, where they answer from here. Where they do not, ECS says whether tasks are healthy, and nobody what
 * they hold: that is not enough where a task's disk goes with it.
 *
 * @throws UserError
 */
export async function serversReached(
  target: DeployTarget,
  cluster: EcsCluster,
  say: Progress,
): Promise<Within | undefined> {
  // No server runs there.
  if (target.emulator) return undefined;
  const within = withinEcs(target, cluster);
  const why = await notReached(within);
  if (why === undefined) return within;
  const silent = `servers of ${cluster.name} do not answer from here: ${why}`;
  if (cluster.jetstream && lossOf(cluster) === "everything" && !target.allowed?.dataLoss?.includes(cluster.name))
    throw new UserError(
      `${silent}; nobody can say whether others hold what a server takes with its disk`,
      `deploy from where clients run, with NATS_CA_FILE where the authority is private; or --allow-data-loss ${cluster.name} goes by the health of tasks alone`,
    );
  say(`${silent}; they are restarted by the health of their tasks alone`);
  return undefined;
}

/** Waits for what an earlier call has begun: nothing is taken away while a service has no task. */
async function rolloutsEnd(target: DeployTarget, cluster: EcsCluster, wanted: readonly string[]): Promise<void> {
  const deadline = Date.now() + backMs;
  for (;;) {
    const open = [...(await deployedServices(target, cluster))].find(
      ([server, { deployments, runningCount = 0 }]) =>
        // One that is to be restarted need not run: the restart may be what mends it.
        !wanted.includes(server) &&
        (runningCount === 0 || deployments?.some(({ rolloutState }) => rolloutState === "IN_PROGRESS")),
    );
    if (!open) return;
    const [server, { events = [] }] = open;
    if (Date.now() > deadline) throw new NotBack(server, "its task does not run", events[0]?.message ?? "");
    await sleep(target.emulator ? 200 : 5000);
  }
}
