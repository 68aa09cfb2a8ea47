import type { Aws } from "../aws";
import { Rollouts } from "./rollouts";
import type { ServiceSpec, Tasks } from "./tasks";

interface MotoService extends Omit<ServiceSpec, "region" | "cluster" | "name"> {
  status: string;
  desiredCount: number;
}

/** Settings of a requested service that moto does not keep. */
export interface RememberedSettings {
  networkConfiguration?: ServiceSpec["networkConfiguration"];
  serviceRegistries?: ServiceSpec["serviceRegistries"];
  deploymentConfiguration?: {
    maximumPercent?: number;
    deploymentCircuitBreaker?: { enable?: boolean; rollback?: boolean };
  };
}

export interface ServiceKey {
  region: string;
  cluster: string;
  name: string;
}

const retryMs = 1000;
/** Failed tasks after which the circuit breaker ends a deployment. AWS counts at least three, too. */
const breakerThreshold = 3;

/** Keeps the desired number of tasks of each service running, with its task definition. */
export class Services {
  readonly #remembered = new Map<string, RememberedSettings & ServiceKey>();
  readonly #work = new Map<string, Promise<void>>();
  /** Services that get no new tasks, as if there were no capacity. */
  readonly #held = new Set<string>();
  /** Tasks, by ARN, that others of the same task definition are to replace. */
  readonly #outdated = new Set<string>();
  /** Last reason of each service why its tasks do not start. */
  readonly #failures = new Map<string, string>();
  readonly #rollouts = new Rollouts();
  #busy = 0;
  #stopped = false;

  constructor(
    private readonly aws: Aws,
    private readonly tasks: Tasks,
    private readonly log: (line: string) => void,
  ) {}

  get idle(): boolean {
    return this.#busy === 0;
  }

  keys(): ServiceKey[] {
    return [...this.#remembered.values()].map(({ region, cluster, name }) => ({ region, cluster, name }));
  }

  failure(key: ServiceKey): string | undefined {
    return this.#failures.get(textOf(key));
  }

  /** True from a request that changes what runs until it runs, or is given up. */
  rollsOut(key: ServiceKey): boolean {
    return this.#rollouts.of(textOf(key)).open;
  }

  /** Lets tasks of revisions that have not run yet end as soon as they start, as if their program failed. */
  breakNew(key: ServiceKey, broken: boolean): void {
    this.#rollouts.of(textOf(key)).broken = broken;
  }

  /** Keeps the settings of a request; later requests contain only changes. */
  remember(key: ServiceKey, settings: RememberedSettings): void {
    this.#rollouts.begin(textOf(key));
    const { networkConfiguration, serviceRegistries, deploymentConfiguration } = settings;
    const before = this.#remembered.get(textOf(key));
    this.#remembered.set(textOf(key), {
      ...key,
      networkConfiguration: networkConfiguration ?? before?.networkConfiguration,
      serviceRegistries: serviceRegistries ?? before?.serviceRegistries,
      deploymentConfiguration: deploymentConfiguration ?? before?.deploymentConfiguration,
    });
  }

  /** Brings a service to its desired state, one change after another. Resolves when it is there, or has failed. */
  reconcile(key: ServiceKey): Promise<void> {
    const text = textOf(key);
    this.#busy++;
    const next = (this.#work.get(text) ?? Promise.resolve())
      .then(() => this.#reconcile(key))
      .catch((error: Error) => this.#failed(key, error))
      .finally(() => {
        this.#busy--;
      });
    this.#work.set(text, next);
    return next;
  }

  /** Lets the next reconciliation replace every task that runs now. */
  renew(key: ServiceKey): void {
    for (const { arn } of this.tasks.of(key)) this.#outdated.add(arn);
  }

  hold(key: ServiceKey): void {
    this.#held.add(textOf(key));
  }

  /** Lets held services start tasks again. */
  async release(): Promise<void> {
    const held = this.keys().filter((key) => this.#held.has(textOf(key)));
    this.#held.clear();
    await Promise.all(held.map((key) => this.reconcile(key)));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #failed(key: ServiceKey, error: Error): Promise<void> {
    const text = textOf(key);
    this.#failures.set(text, error.message);
    this.log(`service ${key.name}: ${error.message}`);
    if (this.#stopped) return;
    const { enable, rollback } = this.#remembered.get(text)?.deploymentConfiguration?.deploymentCircuitBreaker ?? {};
    const rollout = this.#rollouts.of(text);
    rollout.failures++;
    // Without a revision that ran there is nothing to go back to, and AWS tries on.
    if (enable && rollback && rollout.failures >= breakerThreshold && rollout.completed) {
      this.log(`service ${key.name}: rolled back to ${rollout.completed}`);
      const { region, cluster, name: service } = key;
      await this.aws.json(region, "ecs", "UpdateService", { cluster, service, taskDefinition: rollout.completed });
      rollout.failures = 0;
      void this.reconcile(key);
      return;
    }
    setTimeout(() => void this.reconcile(key), retryMs).unref();
  }

  async #reconcile(key: ServiceKey): Promise<void> {
    const text = textOf(key);
    const desired = await this.#describe(key);
    const running = this.tasks.of(key);
    if (desired?.status !== "ACTIVE") {
      for (const task of running) await this.tasks.stop(task, "The service was deleted");
      this.#remembered.delete(text);
      this.#failures.delete(text);
      this.#rollouts.forget(text);
      return;
    }
    const isCurrent = ({ arn, taskDefinition }: (typeof running)[number]) =>
      taskDefinition === desired.taskDefinition && !this.#outdated.has(arn);
    const old = running.filter((task) => !isCurrent(task));
    const current = running.filter(isCurrent);
    // If two tasks of the service may not run at once, the old one is stopped first.
    const oneAtATime = (this.#remembered.get(text)?.deploymentConfiguration?.maximumPercent ?? 200) <= 100;
    const stopOld = async () => {
      for (const task of old) await this.tasks.stop(task, "Scaling activity initiated by a deployment");
    };
    if (oneAtATime) await stopOld();
    const rollout = this.#rollouts.of(text);
    if (rollout.broken && desired.taskDefinition !== rollout.completed && current.length < desired.desiredCount)
      throw new Error("Essential container in task exited");
    for (let count = current.length; count < desired.desiredCount && !this.#held.has(text); count++)
      await this.tasks.start({ ...key, ...desired });
    if (!oneAtATime) await stopOld();
    for (const task of current.slice(desired.desiredCount)) await this.tasks.stop(task, "Scaling activity");
    this.#failures.delete(text);
    if (!this.#held.has(text)) this.#rollouts.complete(text, desired.taskDefinition);
  }

  async #describe(key: ServiceKey): Promise<MotoService | undefined> {
    const { region, cluster, name } = key;
    const { services } = await this.aws.json<{ services: MotoService[] }>(region, "ecs", "DescribeServices", {
      cluster,
      services: [name],
    });
    const [found] = services;
    if (!found) return undefined;
    const { networkConfiguration, serviceRegistries } = this.#remembered.get(textOf(key)) ?? {};
    const { taskDefinition } = await this.aws.json<{ taskDefinition: { taskDefinitionArn: string } }>(
      region,
      "ecs",
      "DescribeTaskDefinition",
      { taskDefinition: found.taskDefinition },
    );
    // The service may name a family alone; tasks know the revision.
    return { ...found, taskDefinition: taskDefinition.taskDefinitionArn, networkConfiguration, serviceRegistries };
  }
}

const textOf = ({ region, cluster, name }: ServiceKey) => `${region}/${cluster}/${name}`;
