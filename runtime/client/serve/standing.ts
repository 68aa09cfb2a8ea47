import type { Connection } from "../connection";
import type { Link, LinkSubscription, Message } from "../transport/link";

/** A subscription that stands: made on every new connection, and again after a refusal when it reconnects. */
export class Standing {
  #subscription?: LinkSubscription;
  #ended = false;
  /** Why the server does not let it subscribe. */
  refusal?: string;

  constructor(
    private readonly options: {
      subject: string;
      queue?: string;
      /** Must not throw. */
      take(message: Message, link: Link): void;
      onRefusal(refusal: string): void;
    },
  ) {}

  /** Subscribes; resolves when the server has accepted or refused. */
  async attach(link: Link): Promise<void> {
    if (this.#ended) return;
    this.refusal = undefined;
    const { subject, queue, take, onRefusal } = this.options;
    this.#subscription = link.subscribe(subject, { queue }, (error, message) => {
      if (!error) return take(message, link);
      if (this.#ended || this.refusal !== undefined) return;
      this.refusal = error.message;
      onRefusal(error.message);
    });
    // The server refuses before it answers the flush. A connection that is lost meanwhile subscribes by itself.
    await link.flush().catch(() => undefined);
  }

  /** Takes nothing new. Resolves when what was on its way was delivered. */
  async drain(): Promise<void> {
    this.#ended = true;
    await this.#subscription?.drain();
  }

  /** At once. */
  end(): void {
    this.#ended = true;
    this.#subscription?.unsubscribe();
  }
}

const REDIAL_MS = 1000;

/** All subscriptions of a client that stand. */
export class StandingSubscriptions {
  readonly #standing = new Set<Standing>();

  constructor(private readonly connection: Connection) {
    connection.listen((event, link) => {
      if (event.kind === "connected" && link) for (const each of this.#standing) void each.attach(link);
      if (event.kind === "reconnected" && link)
        for (const each of this.#standing) if (each.refusal !== undefined) void each.attach(link);
      if (event.kind === "closed") void this.#redial();
    });
  }

  /** @throws NotConnectedError when there is no connection yet and none can be made */
  async add(standing: Standing): Promise<void> {
    const link = await this.connection.link();
    // Only now: a connection that was just made would have made it too.
    this.#standing.add(standing);
    await standing.attach(link);
  }

  remove(standing: Standing): void {
    this.#standing.delete(standing);
  }

  /** nats.js ends a connection for good in few cases; whoever has subscriptions needs another one then. */
  async #redial(): Promise<void> {
    while (this.#standing.size > 0 && !this.connection.state.closed)
      try {
        await this.connection.made();
        return;
      } catch {
        // The state of the connection has the reason.
        await new Promise((resolve) => setTimeout(resolve, REDIAL_MS).unref());
      }
  }

  /** Drains all of them; with the server away it never resolves. */
  async drain(): Promise<void> {
    await Promise.all([...this.#standing].map((each) => each.drain().catch(() => undefined)));
  }

  end(): void {
    for (const each of this.#standing) each.end();
  }
}
