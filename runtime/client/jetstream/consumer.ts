import { encodeJson } from "../payload";
import type { Link, LinkSubscription, Message } from "../transport/link";
import type { ConsumeOptions, ConsumeParts } from "./consume-options";
import { handleMessage } from "./handle-message";

const EXPIRES_MS = 30_000;
const PAUSE_MS = 1000;
/** Ends of a pull request that are no failure. */
const ORDINARY = /^(Message Size Exceeds MaxBytes|Leadership Change|Server Shutdown|Batch Completed)/i;
const nanoseconds = (ms: number) => ms * 1_000_000;

/**
 * Pulls messages, and goes on after a restart of the server and after its consumer was made again.
 *
 * It asks for messages and never for information about its consumer: both lines of nats.js stop for ever where a service has
 * no right to that, without a word. A server says with heartbeats that it is there; their lack is a stall.
 */
export class Consumer<Value = Message> {
  #link?: Link;
  #subscription?: LinkSubscription;
  #inbox = "";
  /** Messages that were asked for and have not come. */
  #asked = 0;
  #running = 0;
  #lastSign = Date.now();
  #timer?: NodeJS.Timeout;
  #pause?: NodeJS.Timeout;
  #ended = false;
  /** Why no messages come, while none do. */
  problem?: string;
  readonly name: string;

  constructor(
    private readonly parts: ConsumeParts,
    private readonly options: ConsumeOptions<Value>,
  ) {
    this.name = `${options.stream}/${options.consumer}`;
    parts.connection.listen((event, link) => {
      if (this.#ended || !link) return;
      if (event.kind === "connected" || event.kind === "reconnected") this.#attach(link);
      if (event.kind === "denied" && event.subject === this.#next)
        this.#troubled(`this user may not ${event.operation} to ${event.subject}`);
    });
  }

  async start(): Promise<void> {
    const link = await this.parts.connection.link();
    // A connection that was made just now has said so: a second pull would bring twice as much as may be handled at once.
    if (this.#link !== link) this.#attach(link);
    this.#timer = setInterval(() => this.#watch(), this.#heartbeatMs);
    this.#timer.unref();
  }

  /** Takes nothing more. What is being handled goes on. */
  stop(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    clearTimeout(this.#pause);
    this.#subscription?.unsubscribe();
  }

  get #next(): string {
    return `$JS.API.CONSUMER.MSG.NEXT.${this.options.stream}.${this.options.consumer}`;
  }
  get #heartbeatMs(): number {
    return this.options.heartbeatMs ?? 5000;
  }
  get #limit(): number {
    return this.options.concurrency ?? 100;
  }

  #attach(link: Link): void {
    if (this.#link !== link) {
      this.#link = link;
      this.#inbox = link.newInbox();
      this.#subscription = link.subscribe(this.#inbox, {}, (error, message) => {
        if (error) this.#troubled(error.message);
        else this.#take(message, link);
      });
    }
    this.#asked = 0;
    this.#pull();
  }

  #pull(): void {
    const batch = this.#limit - this.#running - this.#asked;
    if (this.#ended || !this.#link || batch <= 0 || !this.parts.connection.ready) return;
    const ask = { batch, expires: nanoseconds(EXPIRES_MS), idle_heartbeat: nanoseconds(this.#heartbeatMs) };
    this.#asked += batch;
    this.#lastSign = Date.now();
    this.#link.publish(this.#next, encodeJson(ask), { reply: this.#inbox });
  }

  #take(message: Message, link: Link): void {
    if (this.#ended) return;
    this.#lastSign = Date.now();
    if (message.subject === this.#inbox) {
      this.#status(message);
      return;
    }
    this.#well();
    this.#asked = Math.max(0, this.#asked - 1);
    this.#running++;
    const handled = handleMessage(this.parts, this.options, message, link).finally(() => {
      this.#running--;
      if (this.#asked < this.#limit / 2) this.#pull();
    });
    this.parts.inFlight.track(handled);
  }

  /** The server about the pull request itself. */
  #status({ headers }: Message): void {
    const { code = 0, description = "" } = headers ?? {};
    if (code === 100) {
      this.#well();
      return;
    }
    this.#asked = 0;
    if (code === 404 || code === 408 || ORDINARY.test(description)) {
      this.#pull();
      return;
    }
    this.#troubled(code === 503 ? "nobody answers: the consumer does not exist, or JetStream is away" : description);
    this.#later();
  }

  #watch(): void {
    if (!this.parts.connection.ready || this.#asked === 0) return;
    if (Date.now() - this.#lastSign < 2 * this.#heartbeatMs) return;
    this.#troubled("no message and no heartbeat came");
    this.#asked = 0;
    this.#pull();
  }

  #later(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#pull(), PAUSE_MS);
    this.#pause.unref();
  }

  #well(): void {
    if (this.problem === undefined) return;
    this.problem = undefined;
    this.parts.logger.info({ consumer: this.name }, "NATS consumer goes on");
  }

  #troubled(problem: string): void {
    if (this.problem === undefined)
      this.parts.logger.error({ consumer: this.name, error: problem }, "NATS consumer stalled");
    this.problem = problem;
  }
}
