import type { ChildProcess } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../../runtime/common/error-message";
import type { Aws } from "../aws";
import type { DeployedFunction } from "./functions";
import { type InvocationProps, invoke, type Outcome } from "./invocation";

/** Record of an invocation, for the emulator's API. */
export interface InvocationRecord {
  function: string;
  requestId: string;
  /** 1 for the first attempt; asynchronous invocations have up to three. */
  attempt: number;
  error?: string;
  durationMs: number;
}

/** Lambda waits one minute and then two before it retries; the emulator is faster. */
const retryDelaysMs = [500, 1000];
const kept = 200;

/**
 * Runs deployed functions as Lambda does: reserved concurrency, retries of asynchronous invocations, dead-letter queue.
 */
export class Invoker {
  readonly records: InvocationRecord[] = [];
  readonly #running = new Map<DeployedFunction, number>();
  readonly #crashes = new Map<string, number>();
  /** Asynchronous invocations that are not finished yet. */
  #pending = 0;

  constructor(
    private readonly aws: Aws,
    private readonly props: InvocationProps & { logs: string },
  ) {}

  get idle(): boolean {
    return this.#pending === 0;
  }

  /** True when the function's reserved concurrency is used up. */
  busy(deployed: DeployedFunction): boolean {
    return (this.#running.get(deployed) ?? 0) >= (deployed.reservedConcurrency ?? Number.POSITIVE_INFINITY);
  }

  /** One attempt, now. */
  async run(deployed: DeployedFunction, event: string, attempt = 1): Promise<Outcome> {
    const change = (by: number) => this.#running.set(deployed, (this.#running.get(deployed) ?? 0) + by);
    // Counted before there is a process: two requests at once must not both find the last free place.
    change(1);
    try {
      const outcome = await invoke(deployed, event, this.props, (child) => this.#crash(deployed.name, child));
      this.#note(deployed, outcome, attempt);
      return outcome;
    } finally {
      change(-1);
    }
  }

  /** Makes the next invocations of a function end as if their memory had run out. */
  crashNext(name: string, count: number): void {
    this.#crashes.set(name, count);
  }

  #crash(name: string, child: ChildProcess): void {
    const left = this.#crashes.get(name) ?? 0;
    if (left === 0) return;
    this.#crashes.set(name, left - 1);
    child.kill("SIGKILL");
  }

  /** Accepts an event and works on it in the background. */
  accept(deployed: DeployedFunction, event: string): void {
    this.#pending++;
    void this.#work(deployed, event)
      // Nobody waits for it: a failure here would end the emulator.
      .catch((error: unknown) => this.#log(deployed.name, `the event is lost: ${errorMessage(error)}\n`))
      .finally(() => {
        this.#pending--;
      });
  }

  async #work(deployed: DeployedFunction, event: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      while (this.busy(deployed)) await delay(20);
      const { error, requestId } = await this.run(deployed, event, attempt);
      if (!error) return;
      const wait = retryDelaysMs[attempt - 1];
      if (wait === undefined) return this.#giveUp(deployed, event, requestId, error.errorMessage);
      await delay(wait);
    }
  }

  async #giveUp(deployed: DeployedFunction, event: string, requestId: string, message: string): Promise<void> {
    const arn = deployed.settings.DeadLetterConfig?.TargetArn;
    if (!arn?.includes(":sqs:")) return;
    const text = (value: string) => ({ DataType: "String", StringValue: value.slice(0, 1024) });
    try {
      const { QueueUrl } = await this.aws.json<{ QueueUrl: string }>(deployed.region, "sqs", "GetQueueUrl", {
        QueueName: arn.slice(arn.lastIndexOf(":") + 1),
      });
      await this.aws.json(deployed.region, "sqs", "SendMessage", {
        QueueUrl,
        MessageBody: event,
        MessageAttributes: { RequestID: text(requestId), ErrorCode: text("200"), ErrorMessage: text(message) },
      });
    } catch (error) {
      // Deleted while its function was still called: Lambda counts a DeadLetterError, and drops the event.
      this.#log(deployed.name, `the dead-letter queue ${arn} did not take the event: ${errorMessage(error)}\n`);
    }
  }

  #note({ name }: DeployedFunction, { requestId, error, log, durationMs }: Outcome, attempt: number): void {
    this.records.push({ function: name, requestId, attempt, error: error?.errorMessage, durationMs });
    this.records.splice(0, this.records.length - kept);
    const end = `END RequestId: ${requestId} ${durationMs} ms${error ? ` ${error.errorType}: ${error.errorMessage}` : ""}\n`;
    this.#log(name, `START RequestId: ${requestId}\n${log}${end}`);
  }

  #log(name: string, text: string): void {
    mkdirSync(this.props.logs, { recursive: true, mode: 0o700 });
    appendFileSync(join(this.props.logs, `${name}.log`), text, { mode: 0o600 });
  }
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
