import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Subscription } from "@nats-io/transport-node";
import { headers, type Msg, type NatsClient, type NatsConnection } from "../client";
import { errorMessage } from "../common/error-message";
import { AUTH_REQUEST_SUBJECT, PROBE_SUBJECT_PREFIX, RESPONDER_QUEUE_GROUP } from "./contract";
import { FairQueue } from "./fair-queue";
import type { KnownServers } from "./known-servers";
import type { Probe } from "./probe";
import { SERVER_XKEY_HEADER } from "./request";
import type { ServerRequests } from "./server-requests";

/** Origin of a message: probes are answered like requests of servers, but not counted. */
export type Source = "server" | "probe";

export interface ResponderOptions {
  client: NatsClient;
  /** The answer to a message; undefined to stay silent. Must not reject. */
  handle: (message: Uint8Array, senderXkey: string | undefined, source: Source) => Promise<Uint8Array | undefined>;
  /** Receives each connection, once its answers would arrive. */
  serverRequests: ServerRequests;
  /** Receives the identities that servers answer with. */
  servers: Pick<KnownServers, "learn">;
  /** Receives the reason, in one sentence, when there is no connection or subscription. */
  onProblem: (problem: string) => void;
}

const RECONNECT_MS = 1000;
const PROBE_TIMEOUT_MS = 1000;
/** Longer than servers wait for an answer, shorter than platforms wait for a program to end. */
const DRAIN_TIMEOUT_MS = 5000;

/** The subscriptions of one responder, kept up until it is stopped. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #probeSubject = `${PROBE_SUBJECT_PREFIX}.REQUEST.${randomBytes(12).toString("hex")}`;
  readonly #turns = new FairQueue();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #subscriptions = new Map<string, Subscription>();
  /** Subscriptions that the server refuses, with its error message. */
  readonly #refusals = new Map<string, string>();
  #noteSubscribed: () => void = () => undefined;
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#noteSubscribed = resolve;
  });
  #problem?: string = "not connected to NATS yet";

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** Connects and subscribes, again and again until {@link stop}. Never rejects. */
  async run(): Promise<void> {
    const { client, serverRequests, servers, onProblem } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const connection = await client.connection();
        if (signal.aborted) return;
        this.#problem = undefined;
        this.#subscribe(connection, serverRequests.answerSubject, ({ data }) =>
          servers.learn(Buffer.from(data).toString("utf8")),
        );
        serverRequests.connected(connection);
        for (const [subject, source] of [
          [AUTH_REQUEST_SUBJECT, "server"],
          [this.#probeSubject, "probe"],
        ] as const)
          this.#subscribe(connection, subject, (message) => this.#track(this.#answer(message, source)));
        connection.flush().then(this.#noteSubscribed, () => undefined);
        await connection.closed();
        this.#problem = "the connection to NATS was closed";
      } catch (error) {
        this.#problem = `no connection to NATS: ${errorMessage(error)}`;
      }
      if (signal.aborted) return;
      onProblem(this.#problem);
      await pause(RECONNECT_MS, { signal });
    }
  }

  /** Resolves once servers know the subscriptions, or do not take them up for long. */
  async subscribed(): Promise<void> {
    await Promise.race([this.#subscribed, pause(DRAIN_TIMEOUT_MS, { ref: false })]);
  }

  /** Sends a request to itself over NATS. Undefined when the answer is right; else the problem. */
  async probe(probe: Probe): Promise<string | undefined> {
    const { client } = this.#options;
    if (this.#stopping.signal.aborted) return "stopping";
    if (this.#problem !== undefined) return this.#problem;
    if (!client.health().connected) return "not connected to NATS";
    const [refusal] = this.#refusals.values();
    if (refusal !== undefined) return refusal;
    const header = headers();
    header.set(SERVER_XKEY_HEADER, probe.senderXkey);
    try {
      const connection = await client.connection();
      const options = { timeout: PROBE_TIMEOUT_MS, headers: header };
      return probe.answerProblem((await connection.request(this.#probeSubject, probe.message, options)).data);
    } catch (error) {
      return `the probe got no answer: ${errorMessage(error)}`;
    }
  }

  /** Takes no more requests and answers those that were taken. Resolves when the answers are on their way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const drained = Promise.allSettled([...this.#subscriptions.values()].map((subscription) => subscription.drain()));
    // A drain waits for the server: without a connection it would wait for the next one.
    if (this.#options.client.health().connected) await Promise.race([drained, pause(DRAIN_TIMEOUT_MS, { ref: false })]);
    await Promise.race([Promise.allSettled(this.#inFlight), pause(DRAIN_TIMEOUT_MS, { ref: false })]);
  }

  /** Subscribes, again after each refusal: the permission may come with the next reload of the server. */
  #subscribe(connection: NatsConnection, subject: string, take: (message: Msg) => void): void {
    const { signal } = this.#stopping;
    let refused = false;
    const subscription = connection.subscribe(subject, {
      queue: RESPONDER_QUEUE_GROUP,
      callback: (error, message) => {
        if (!error) return take(message);
        if (refused) return;
        refused = true;
        this.#refusals.set(subject, error.message);
        this.#options.onProblem(error.message);
        void pause(RECONNECT_MS, { signal }).then(() => {
          if (!signal.aborted && !connection.isClosed()) this.#subscribe(connection, subject, take);
        });
      },
    });
    this.#subscriptions.set(subject, subscription);
    // The server refuses before it answers the flush.
    const settle = () => refused || this.#refusals.delete(subject);
    connection.flush().then(settle, () => undefined);
  }

  async #answer(message: Msg, source: Source): Promise<void> {
    await this.#turns.next();
    const reply = await this.#options.handle(message.data, message.headers?.get(SERVER_XKEY_HEADER), source);
    if (reply) message.respond(reply);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error) => this.#options.onProblem(`an answer could not be sent: ${errorMessage(error)}`))
      .finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }
}

/**
 * Ends early, without rejecting, when the signal aborts. A timeout with `ref: false` does not keep the program alive.
 */
const pause = (milliseconds: number, options: { signal?: AbortSignal; ref?: boolean }): Promise<void> =>
  setTimeout(milliseconds, undefined, options).catch(() => undefined);
