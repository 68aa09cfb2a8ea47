import { setTimeout } from "node:timers/promises";
import type { NatsClient } from "../client";
import type { Clients } from "./clients";
import type { Probe } from "./probe";
import type { Responder } from "./responder";

/** One place from which requests are answered: a connection, and the subscriptions on it. */
interface Seat {
  client: NatsClient;
  responder: Responder;
}

export interface SeatsOptions {
  clients: Clients;
  /** Makes what answers over a client. */
  responder: (client: NatsClient) => Responder;
  /** How many servers there are, as far as they are known. */
  servers: () => number;
  /** Receives what is done, for the log. */
  onMove: (move: { from?: string; to: string; why: "leaves" | "shared" }) => void;
  /** Between two looks at where the places are, in milliseconds. @default 1000 */
  lookMs?: number;
}

interface Held extends Seat {
  /** Server that it is connected to. */
  server?: string;
  /** It is being left. */
  moving?: true;
}

/** One of them may go. */
const PLACES = 2;
/** Attempts to come to a server where no other place is: whoever is dialled is chosen by chance. */
const TRIES = 8;
const TRY_MS = 100;
const AGAIN_MS = 1000;
/** Where every server is taken, others are looked for ever more rarely. */
const MAX_AGAIN_MS = 60_000;

/**
 * The connections of one responder: at two servers, by their names, so that it goes on answering while one of them goes. A place at
 * a server that says that it will end (lame duck mode) is taken at another one first, and given up then: requests that are under
 * way there are answered still.
 */
export class Seats {
  readonly #options: SeatsOptions;
  readonly #held: Held[];
  readonly #stopping = new AbortController();
  readonly #leaving = new Set<string>();
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: SeatsOptions) {
    this.#options = options;
    this.#held = Array.from({ length: options.clients.only ? 1 : PLACES }, () => this.#take());
  }

  /** Connects all places and keeps them apart until {@link stop}. */
  start(): void {
    for (const seat of this.#held) void seat.responder.run();
    if (this.#options.clients.only) return;
    this.#work = Promise.all([...this.#held.keys()].map((place) => this.#keep(place)).concat(this.#spread()));
  }

  /** Asks from every place. Undefined while one of them answers; otherwise what is wrong with the first. */
  async probe(make: () => Probe): Promise<string | undefined> {
    const problems = await Promise.all(this.#held.map(({ responder }) => responder.probe(make())));
    return problems.includes(undefined) ? undefined : problems[0];
  }

  /** Takes no more requests and answers those that were taken. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#held.map((seat) => this.#give(seat)));
    await this.#work;
  }

  #take(): Held {
    const client = this.#options.clients.take();
    return { client, responder: this.#options.responder(client) };
  }

  async #give({ client, responder }: Seat): Promise<void> {
    await responder.stop();
    await this.#options.clients.give(client);
  }

  /** Follows one place from connection to connection. */
  async #keep(place: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const seat = this.#held[place] as Held;
      try {
        const connection = await seat.client.connection();
        seat.server = connection.info?.server_name;
        const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        const watched = (async () => {
          for await (const { type } of connection.status()) {
            if (type === "disconnect") seat.server = undefined;
            if (type === "reconnect") seat.server = connection.info?.server_name;
            if (type === "ldm" && (await this.#leave(place, seat))) return;
          }
        })();
        await Promise.race([watched, ended]);
      } catch {
        // The responder says why it has no connection.
      }
      if (this.#held[place] === seat) await pause(AGAIN_MS, signal);
    }
  }

  /** @returns whether it was left */
  async #leave(place: number, seat: Held): Promise<boolean> {
    const { server } = seat;
    if (server === undefined) return false;
    this.#leaving.add(server);
    try {
      return await this.#move(place, "leaves");
    } finally {
      this.#leaving.delete(server);
    }
  }

  /** Moves one of two places at the same server away from there. */
  async #spread(): Promise<void> {
    const { servers, lookMs = AGAIN_MS } = this.#options;
    const { signal } = this.#stopping;
    let waitMs = lookMs;
    while (!signal.aborted) {
      await pause(waitMs, signal);
      const shared = this.#held.findIndex(
        ({ server }, i) => server !== undefined && this.#held.findIndex((other) => other.server === server) < i,
      );
      const crowded = shared >= 0 && servers() > 1;
      const moved = crowded && !signal.aborted && (await this.#move(shared, "shared"));
      waitMs = crowded && !moved ? Math.min(waitMs * 2, MAX_AGAIN_MS) : lookMs;
    }
  }

  async #move(place: number, why: "leaves" | "shared"): Promise<boolean> {
    const { signal } = this.#stopping;
    const old = this.#held[place] as Held;
    if (old.moving) return false;
    old.moving = true;
    try {
      for (let tries = 1; tries <= TRIES && !signal.aborted; tries++) {
        const seat = this.#take();
        const server = await serverOf(seat);
        const taken = this.#held.some((other) => other !== old && other.server === server);
        const own = why === "shared" && server === old.server;
        // Better two at one server than one at a server that ends.
        const enough = !taken || (why === "leaves" && tries === TRIES);
        if (server !== undefined && !this.#leaving.has(server) && !own && enough) {
          await this.#sit(place, seat, server);
          this.#options.onMove({ from: old.server, to: server, why });
          await this.#give(old);
          return true;
        }
        await this.#options.clients.give(seat.client);
        await pause(TRY_MS, signal);
      }
      return false;
    } finally {
      old.moving = undefined;
    }
  }

  /** Requests arrive at the new place before the old one is given up. */
  async #sit(place: number, seat: Held, server: string): Promise<void> {
    seat.server = server;
    void seat.responder.run();
    await seat.responder.subscribed();
    this.#held[place] = seat;
    if (this.#stopping.signal.aborted) await this.#give(seat);
  }
}

async function serverOf({ client }: Seat): Promise<string | undefined> {
  try {
    return (await client.connection()).info?.server_name;
  } catch {
    return undefined;
  }
}

/** Ends early, without rejecting, when the signal aborts. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
