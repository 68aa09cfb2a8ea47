import { type Endpoint, readParameters } from "../endpoint";
import { SchemaError } from "../errors";
import { describe, type Logger } from "../observe/log";
import type { Observers } from "../observe/observers";
import { decodeJson, encodeJson, encodePayload, validated } from "../payload";
import type { Link, Message } from "../transport/link";
import { HandlerError, STATUS_TEXTS, type Status, statusOf } from "./handler-error";
import { Turns } from "./in-flight";
import { ERROR_CODE_HEADER, ERROR_TEXT_HEADER } from "./service-headers";

/** What a handler knows besides the request. */
export interface HandlerContext {
  /** The message as it came. */
  message: Message;
  subject: string;
  parameters: Readonly<Record<string, string>>;
  /** Aborted when the client closes without waiting any longer. */
  signal: AbortSignal;
}

/** Answers a request. What it throws is an error to the caller, without its text; see {@link HandlerError}. */
export type Handler<Request, Response> = (request: Request, context: HandlerContext) => Response | Promise<Response>;

/** Counts of one endpoint, since the service started. */
export interface EndpointStats {
  requests: number;
  errors: number;
  /** Status and fixed text. */
  lastError: string;
  /** Milliseconds, waiting included. */
  processingMs: number;
}

/** How an endpoint is served. */
export interface ServedSettings {
  endpoint: Endpoint;
  handler: Handler<never, unknown>;
  concurrency: number;
  waiting: number;
  logger: Logger;
  observers: Observers;
  signal: AbortSignal;
}

/** Answers every request, whatever its handler does. */
export class ServedEndpoint {
  readonly stats: EndpointStats = { requests: 0, errors: 0, lastError: "", processingMs: 0 };
  readonly #turns: Turns;

  constructor(private readonly settings: ServedSettings) {
    this.#turns = new Turns(settings.concurrency, settings.waiting);
  }

  /** Never rejects. */
  async take(message: Message, link: Link): Promise<void> {
    const began = performance.now();
    this.stats.requests++;
    const turn = this.#turns.next();
    if (turn === undefined) {
      this.#fail(
        message,
        link,
        429,
        new Error(`${this.settings.concurrency} requests run and ${this.settings.waiting} wait`),
      );
      return;
    }
    await turn;
    try {
      const { pattern } = this.settings.endpoint;
      const operation = {
        kind: "handle",
        pattern,
        subject: message.subject,
        received: message.headers,
        bytes: message.data.length,
      } as const;
      const answer = await this.settings.observers.around(operation, () => this.#answer(message));
      if (message.reply) link.publish(message.reply, answer);
    } catch (error) {
      this.#fail(message, link, statusOf(error), error);
    } finally {
      this.stats.processingMs += performance.now() - began;
      this.#turns.done();
    }
  }

  async #answer(message: Message): Promise<Uint8Array> {
    const { endpoint, handler, signal } = this.settings;
    const { request, response } = endpoint.schema;
    const { subject } = message;
    const parameters = readParameters(endpoint, subject);
    if (parameters === undefined) throw new HandlerError(400, `${subject} has a token that is no parameter`);
    let value: unknown = message;
    if (request)
      try {
        value = await validated(request, decodeJson(message.data, subject, "request"), subject, "request");
      } catch (error) {
        throw error instanceof SchemaError ? new HandlerError(400, error.message) : error;
      }
    const result = await handler(value as never, { message, subject, parameters, signal });
    if (!response) return encodePayload(result);
    await validated(response, result, subject, "response");
    return encodeJson(result);
  }

  /** Tells the caller the status, and the log why. Never throws. */
  #fail(message: Message, link: Link, status: Status, error: unknown): void {
    const text = STATUS_TEXTS[status];
    this.stats.errors++;
    this.stats.lastError = `${status}:${text}`;
    const fields = { subject: this.settings.endpoint.pattern, status, error: describe(error) };
    try {
      this.settings.logger[status >= 500 ? "error" : "warn"](fields, "NATS request refused");
      const headers = { [ERROR_CODE_HEADER]: String(status), [ERROR_TEXT_HEADER]: text };
      if (message.reply) link.publish(message.reply, new Uint8Array(0), { headers });
    } catch {
      // The connection is closed, or the logger throws: there is nobody left to tell.
    }
  }
}
