import { setTimeout as sleep } from "node:timers/promises";
import { ECSClient, type Service, type Task, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { awsClusterNames, awsNames, type EcsCluster } from "../../../model/topology";
import type { RollDriver } from "../../../runtime/roll/driver";
import { stateOfReports } from "../../../runtime/roll/reports";
import { NotBack } from "../../../runtime/roll/roll";
import type { ClusterState } from "../../../runtime/roll/state";
import { UserError } from "../../core/project";
import { accountsWithStreams, inAccounts, reportsOf, sysOf, type Within } from "../ask-cluster";
import { clientConfig, type DeployTarget } from "../target";
import { activeService, tasksOf } from "./tasks";
import { definitionText } from "./wanted-definitions";

export interface EcsRollProps {
  /** Servers that are deployed. */
  servers: readonly string[];
  /** The task definition that each is to run. */
  definitions: ReadonlyMap<string, string>;
  /** Opens connections to the servers. Without it they are known by what ECS says of their tasks alone. */
  within?: Within;
  /** How long a task may take to end, and to run. */
  readyMs: number;
  pollMs?: number;
}

/**
 * How the servers of a cluster on ECS are looked at, stopped and started: each is a service of its own, which ends its task and
 * starts another when it is given a task definition.
 */
export function ecsRollDriver(
  target: DeployTarget,
  cluster: EcsCluster,
  { servers, definitions, within, readyMs, pollMs = 5000 }: EcsRollProps,
): RollDriver {
  const { region } = cluster.platform;
  const names = awsClusterNames(target.environment.name, cluster.name);
  const ecsCluster = awsNames(target.environment.name, region).ecsCluster;
  /** Deployments that this roll has asked for, by server. */
  const asked = new Map<string, string>();
  const tasks = (server: string) => tasksOf(target, region, names.service(server));
  const running = async (server: string) => (await tasks(server)).find(isRunning);

  async function withEcs<T>(work: (client: ECSClient) => Promise<T>): Promise<T> {
    const client = new ECSClient(clientConfig(target, region));
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }
  const serviceOf = (server: string) =>
    withEcs(async (client) => {
      const service = await activeService(client, ecsCluster, names.service(server));
      if (!service) throw new UserError(`there is no service ${names.service(server)}`);
      return service;
    });

  /** ECS ends the old task before it starts the new one: its service may not have two. */
  async function replaceTask(server: string): Promise<void> {
    const taskDefinition = definitions.get(server);
    const request = { cluster: ecsCluster, service: names.service(server), taskDefinition, forceNewDeployment: true };
    const { service } = await withEcs((client) => client.send(new UpdateServiceCommand(request)));
    asked.set(server, primary(service)?.id ?? "");
  }

  return {
    servers,
    async look() {
      const found = new Map<string, Task>();
      for (const server of servers) {
        const task = await running(server);
        if (task) found.set(server, task);
      }
      if (!within) return byTasks(servers, found);
      const names = [...found.keys()];
      const heard = await within(async (connect) => reportsOf(await sysOf(connect), names)).catch(() => undefined);
      const reports = new Map(names.map((one) => [one, heard?.get(one) ?? {}]));
      return stateOfReports(servers, reports, { jetstream: cluster.jetstream !== undefined });
    },
    inAccounts: async (work) =>
      within ? inAccounts(target, accountsWithStreams(target.topology, cluster), within, work) : [],
    inSystem(work) {
      if (!within) throw new Error("no server is reached");
      return within(async (connect) => work(await sysOf(connect)));
    },
    async stop(server) {
      const old = (await tasks(server)).map(({ taskArn }) => taskArn);
      await replaceTask(server);
      const deadline = Date.now() + readyMs;
      while ((await tasks(server)).some((task) => old.includes(task.taskArn) && isRunning(task))) {
        if (Date.now() > deadline) throw new UserError(`the task of ${server} does not end`);
        await sleep(pollMs);
      }
    },
    async start(server) {
      // One that did not run was not stopped.
      if (!asked.has(server)) await replaceTask(server);
      const deadline = Date.now() + readyMs;
      for (;;) {
        const service = await serviceOf(server);
        const wanted = definitions.get(server);
        const now = primary(service);
        if (service.taskDefinition !== wanted)
          throw new NotBack(server, definitionText(service.taskDefinition, wanted), eventsOf(service));
        if (now?.rolloutState === "FAILED")
          throw new NotBack(server, now.rolloutStateReason ?? "its tasks do not start", eventsOf(service));
        if (now?.rolloutState === "COMPLETED" && (await running(server))) return;
        if (Date.now() > deadline) throw new NotBack(server, "its task does not run", eventsOf(service));
        await sleep(pollMs);
      }
    },
    said: async (server) => eventsOf(await serviceOf(server)),
  };
}

const primary = (service: Service | undefined) => service?.deployments?.find(({ status }) => status === "PRIMARY");
const isRunning = ({ lastStatus }: Task) => lastStatus === "RUNNING";

/** What ECS says of a service, the newest first. */
const eventsOf = ({ events = [] }: Service): string =>
  events
    .slice(0, 5)
    .flatMap(({ message }) => message ?? [])
    .join("\n");

/** All that is known of servers that are not reached: whether ECS takes their tasks for healthy. */
function byTasks(servers: readonly string[], tasks: ReadonlyMap<string, Task>): ClusterState {
  return {
    servers: servers.map((name) => {
      const task = tasks.get(name);
      const health = task?.healthStatus;
      return {
        name,
        runs: task !== undefined,
        ...(task && health !== "HEALTHY" && { wrong: `ECS says that its task is ${health ?? "of no known health"}` }),
        cutOffFrom: [],
        ...(task?.startedAt && { startedMs: task.startedAt.getTime() }),
      };
    }),
  };
}
