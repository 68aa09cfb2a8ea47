import type { NatsClient, NatsClientHealth } from "../client";

/** The clients of one responder: as many as it takes, or a single one that is somebody else's. */
export class Clients {
  readonly #source: NatsClient | (() => NatsClient);
  readonly #held = new Set<NatsClient>();

  constructor(source: NatsClient | (() => NatsClient)) {
    this.#source = source;
  }

  /** There is one and no other. */
  get only(): boolean {
    return typeof this.#source !== "function";
  }

  take(): NatsClient {
    const client = typeof this.#source === "function" ? this.#source() : this.#source;
    this.#held.add(client);
    return client;
  }

  /** Closes a client after what it is still to send. One that is somebody else's stays open. */
  async give(client: NatsClient): Promise<void> {
    this.#held.delete(client);
    if (!this.only) await client.drain().catch(() => client.close());
  }

  health(): NatsClientHealth {
    const all = [...this.#held].map((client) => client.health());
    const lastError = all.map((one) => one.lastError).find((error) => error !== undefined);
    return {
      connected: all.some(({ connected }) => connected),
      servers: all[0]?.servers ?? [],
      reconnects: all.reduce((sum, { reconnects }) => sum + reconnects, 0),
      ...(lastError !== undefined && { lastError }),
    };
  }
}
