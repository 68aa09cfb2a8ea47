import type { Logger } from "pino";
import { errorMessage } from "../common/error-message";
import type { Aws } from "./aws";
import { type Found, toData, waitingIn } from "./decide";
import type { WatchedConsumer } from "./spec";

export interface WatchProps {
  watched: readonly WatchedConsumer[];
  /** Asks the servers, and gives the answer's JSON. */
  ask(subject: string): Promise<unknown>;
  /** Where ECS runs the services. */
  aws?: Aws;
  everyMs: number;
  log: Pick<Logger, "warn" | "info">;
  /** Milliseconds of a clock that only goes forward. */
  now?(): number;
}

/** What is known of a service. */
interface Known {
  waiting?: number;
  at: number;
  problem?: string;
}

/** A count that was missed once may still be used. */
const roundsThatCount = 3;

/** Counts what waits for each service, round after round, and publishes it. */
export class BacklogWatch {
  readonly #props: WatchProps;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  /** Why the last round told CloudWatch nothing, or not all. */
  #aws: string | undefined;

  constructor(props: WatchProps) {
    this.#props = props;
    this.#now = props.now ?? (() => performance.now());
  }

  async round(): Promise<void> {
    const { watched, aws } = this.#props;
    const [found, tasks] = await Promise.all([
      Promise.all(watched.map((one) => this.#count(one))),
      aws && this.#tasksOf(aws),
    ]);
    if (!aws) return;
    const data = toData(
      watched.map(({ service, ecsService = "" }, i): Found => {
        return { service, waiting: found[i], tasks: tasks?.get(ecsService) };
      }),
    );
    if (data.length === 0) return;
    try {
      await aws.publish(data);
      if (tasks) this.#noteAws(undefined);
    } catch (error) {
      this.#noteAws(`CloudWatch was not told: ${errorMessage(error)}`);
    }
  }

  async #count({ service, api, stream, consumer }: WatchedConsumer): Promise<number | undefined> {
    const before = this.#known.get(service);
    try {
      const waiting = waitingIn(await this.#props.ask(`${api}.CONSUMER.INFO.${stream}.${consumer}`));
      if (before?.problem !== undefined) this.#props.log.info({ service }, "counted again");
      this.#known.set(service, { waiting, at: this.#now() });
      return waiting;
    } catch (error) {
      const problem = `${stream}/${consumer}: ${errorMessage(error)}`;
      if (before?.problem !== problem) this.#props.log.warn({ service, problem }, "not counted");
      this.#known.set(service, { at: this.#now(), ...before, problem });
      return undefined;
    }
  }

  async #tasksOf(aws: Aws): Promise<Map<string, number> | undefined> {
    try {
      return await aws.tasks(this.#props.watched.flatMap(({ ecsService }) => ecsService ?? []));
    } catch (error) {
      this.#noteAws(`ECS does not say how many tasks it wants: ${errorMessage(error)}`);
      return undefined;
    }
  }

  #noteAws(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#aws) this.#props.log.warn({ problem }, "not published");
    this.#aws = problem;
  }

  /** Messages that wait for each service, as far as it is known now. */
  counts(): { consumer: WatchedConsumer; waiting: number }[] {
    return this.#props.watched.flatMap((consumer) => {
      const { waiting } = this.#fresh(consumer.service) ?? {};
      return waiting === undefined ? [] : [{ consumer, waiting }];
    });
  }

  /** What keeps services from being counted for, or the counts from being told; none when all is well. */
  problems(): string[] {
    const uncounted = this.#props.watched.flatMap(({ service }) =>
      this.#fresh(service) ? [] : [`${service}: ${this.#known.get(service)?.problem ?? "not counted yet"}`],
    );
    return [...uncounted, ...(this.#aws === undefined ? [] : [this.#aws])];
  }

  #fresh(service: string): Known | undefined {
    const known = this.#known.get(service);
    const isFresh = known?.waiting !== undefined && this.#now() - known.at <= roundsThatCount * this.#props.everyMs;
    return isFresh ? known : undefined;
  }
}
