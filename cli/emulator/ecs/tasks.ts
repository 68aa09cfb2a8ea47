import { randomUUID } from "node:crypto";
import { type Aws, AwsError, tagOf } from "../aws";
import type { EventBus } from "../events/bus";
import type { JsonObject } from "../events/pattern";
import { startFailure, type TaskDefinition } from "./start-failure";

export type Health = "HEALTHY" | "UNHEALTHY" | "UNKNOWN";

/** A task that the emulator started for a service. moto keeps the task; this holds what moto does not know. */
export interface EmulatedTask {
  arn: string;
  region: string;
  cluster: string;
  service: string;
  taskDefinition: string;
  health: Health;
  /** Grows with each change; part of the events. */
  version: number;
  networkInterface?: string;
  /** Elastic address that stands in for the public address of the interface. */
  allocation?: string;
  publicAddress?: string;
  /** Cloud Map services that it is registered with. */
  registeredIn: string[];
}

export interface ServiceSpec {
  region: string;
  cluster: string;
  name: string;
  taskDefinition: string;
  launchType?: string;
  networkConfiguration?: { awsvpcConfiguration?: { assignPublicIp?: string } };
  serviceRegistries?: { registryArn?: string }[];
}

export interface MotoTask extends JsonObject {
  taskArn: string;
  attachments?: { details: { name: string; value: string }[] }[];
}

/** Starts and stops tasks in moto, with what Fargate gives them: an address, a registration, health, events. */
export class Tasks {
  readonly #tasks = new Map<string, EmulatedTask>();

  constructor(
    private readonly aws: Aws,
    private readonly bus: EventBus,
  ) {}

  find(arn: string): EmulatedTask | undefined {
    return this.#tasks.get(arn);
  }

  of(service: { region: string; cluster: string; name: string }): EmulatedTask[] {
    return this.all().filter(
      (task) => task.region === service.region && task.cluster === service.cluster && task.service === service.name,
    );
  }

  all(): EmulatedTask[] {
    return [...this.#tasks.values()];
  }

  /** @throws when its image or a secret is not there: such a task would never run */
  async start(service: ServiceSpec): Promise<EmulatedTask> {
    const { region, cluster, name } = service;
    const { taskDefinition } = await this.aws.json<{ taskDefinition: TaskDefinition }>(
      region,
      "ecs",
      "DescribeTaskDefinition",
      { taskDefinition: service.taskDefinition },
    );
    const failure = await startFailure(this.aws, region, taskDefinition);
    if (failure) throw new Error(failure);
    const { tasks } = await this.aws.json<{ tasks: MotoTask[] }>(region, "ecs", "RunTask", {
      cluster,
      taskDefinition: taskDefinition.taskDefinitionArn,
      launchType: service.launchType ?? "FARGATE",
      group: `service:${name}`,
      startedBy: `ecs-svc/${randomUUID().slice(0, 16)}`,
      networkConfiguration: service.networkConfiguration,
    });
    const started = tasks[0];
    if (!started) throw new Error(`no task was started for ${name}`);
    const task: EmulatedTask = {
      arn: started.taskArn,
      region,
      cluster,
      service: name,
      taskDefinition: taskDefinition.taskDefinitionArn,
      health: "UNKNOWN",
      version: 1,
      networkInterface: detailOf(started, "networkInterfaceId"),
      registeredIn: [],
    };
    this.#tasks.set(task.arn, task);
    if (service.networkConfiguration?.awsvpcConfiguration?.assignPublicIp === "ENABLED") await this.#giveAddress(task);
    for (const { registryArn } of service.serviceRegistries ?? [])
      await this.#register(task, registryArn, detailOf(started, "privateIPv4Address"));
    await this.#announce(task);
    if (taskDefinition.containerDefinitions.some(({ healthCheck }) => healthCheck))
      await this.setHealth(task, "HEALTHY");
    return task;
  }

  /** Ends a task that a client ran directly, as if its program had succeeded: the emulator runs no containers. */
  async finish({ region, cluster }: Pick<ServiceSpec, "region" | "cluster">, task: MotoTask): Promise<void> {
    const reason = "Essential container in task exited";
    await this.aws.json(region, "ecs", "StopTask", { cluster, task: task.taskArn, reason });
    const networkInterface = detailOf(task, "networkInterfaceId");
    if (networkInterface)
      await ignoring(this.aws.ec2(region, "DeleteNetworkInterface", { NetworkInterfaceId: networkInterface }));
  }

  /** Sets the health of a task, in place of its containers' health check. */
  async setHealth(task: EmulatedTask, health: Health): Promise<void> {
    if (task.health === health) return;
    task.health = health;
    await this.#announce(task);
  }

  /** Stops a task and releases its resources. */
  async stop(task: EmulatedTask, reason: string): Promise<void> {
    const { region, cluster, arn } = task;
    if (!this.#tasks.delete(arn)) return;
    await ignoring(this.aws.json(region, "ecs", "StopTask", { cluster, task: arn, reason }));
    await this.ended(task);
  }

  /** Releases the resources of a task that moto has stopped. */
  async ended(task: EmulatedTask): Promise<void> {
    this.#tasks.delete(task.arn);
    task.health = "UNKNOWN";
    const { region, allocation, networkInterface } = task;
    for (const ServiceId of task.registeredIn)
      await ignoring(
        this.aws.json(region, "servicediscovery", "DeregisterInstance", { ServiceId, InstanceId: idOf(task.arn) }),
      );
    if (allocation) await ignoring(this.aws.ec2(region, "ReleaseAddress", { AllocationId: allocation }));
    if (networkInterface)
      await ignoring(this.aws.ec2(region, "DeleteNetworkInterface", { NetworkInterfaceId: networkInterface }));
    await this.#announce(task);
  }

  async #giveAddress(task: EmulatedTask): Promise<void> {
    const { region, networkInterface } = task;
    if (!networkInterface) return;
    const address = await this.aws.ec2(region, "AllocateAddress", { Domain: "vpc" });
    task.allocation = tagOf(address, "allocationId");
    task.publicAddress = tagOf(address, "publicIp");
    await this.aws.ec2(region, "AssociateAddress", {
      AllocationId: task.allocation ?? "",
      NetworkInterfaceId: networkInterface,
    });
  }

  async #register(task: EmulatedTask, registryArn = "", address = ""): Promise<void> {
    const ServiceId = registryArn.slice(registryArn.lastIndexOf("/") + 1);
    await this.aws.json(task.region, "servicediscovery", "RegisterInstance", {
      ServiceId,
      InstanceId: idOf(task.arn),
      CreatorRequestId: idOf(task.arn),
      Attributes: { AWS_INSTANCE_IPV4: address },
    });
    task.registeredIn.push(ServiceId);
  }

  /** Publishes the task's current state: an "ECS Task State Change", as the deployed rules expect it. */
  async #announce(task: EmulatedTask): Promise<void> {
    const { region, cluster, arn } = task;
    const { tasks } = await this.aws.json<{ tasks: JsonObject[] }>(region, "ecs", "DescribeTasks", {
      cluster,
      tasks: [arn],
    });
    const described = tasks.find(({ taskArn }) => taskArn === arn);
    if (!described) return;
    task.version++;
    await this.bus.publish({
      region,
      account: arn.split(":")[4] ?? "",
      source: "aws.ecs",
      detailType: "ECS Task State Change",
      resources: [arn],
      detail: withHealth(described, task),
    });
  }
}

const detailOf = ({ attachments = [] }: MotoTask, desired: string) =>
  attachments.flatMap(({ details }) => details).find(({ name }) => name === desired)?.value;

export const idOf = (arn: string) => arn.slice(arn.lastIndexOf("/") + 1);

/** moto's description of a task, with health and version. */
export function withHealth(described: JsonObject, task: EmulatedTask): JsonObject {
  return {
    ...described,
    group: `service:${task.service}`,
    healthStatus: task.health,
    version: task.version,
    containers: ((described.containers ?? []) as JsonObject[]).map((container) => ({
      ...container,
      healthStatus: task.health,
    })),
  };
}

/** Ignores AWS errors while resources are released: they may be gone already. */
async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch((error) => {
    if (!(error instanceof AwsError)) throw error;
  });
}
