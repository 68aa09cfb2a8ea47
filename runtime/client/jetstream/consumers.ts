import { checkName } from "../names";
import type { ConsumeOptions, ConsumeParts } from "./consume-options";
import { Consumer } from "./consumer";

/** What a client consumes. */
export class Consumers {
  readonly #running = new Set<Pick<Consumer, "name" | "problem" | "stop">>();

  constructor(private readonly parts: ConsumeParts) {}

  /** @returns a function that stops it. @throws ClientError when there is no connection */
  async start<Value>(options: ConsumeOptions<Value>): Promise<() => void> {
    checkName(options.stream, "stream");
    checkName(options.consumer, "consumer");
    const consumer = new Consumer(this.parts, options);
    await consumer.start();
    this.#running.add(consumer);
    return () => {
      consumer.stop();
      this.#running.delete(consumer);
    };
  }

  /** Those to whom nothing comes, each with the reason. */
  problems(): string[] {
    return [...this.#running].flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`consumer ${name} is stalled: ${problem}`],
    );
  }

  /** They ask for nothing more. */
  stop(): void {
    for (const consumer of this.#running) consumer.stop();
  }
}
