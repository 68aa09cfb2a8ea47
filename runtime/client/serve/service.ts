import type { Connection } from "../connection";
import { defineEndpoint, type Endpoint, type EndpointSchema } from "../endpoint";
import { InvalidMessageError } from "../errors";
import { checkName, checkQueue } from "../names";
import type { Logger } from "../observe/log";
import type { Observers } from "../observe/observers";
import type { InFlight } from "./in-flight";
import {
  type EndpointIdentity,
  microAnswer,
  microSubjects,
  newServiceId,
  type ServiceIdentity,
} from "./micro-protocol";
import { type Handler, ServedEndpoint } from "./served-endpoint";
import { Standing, type StandingSubscriptions } from "./standing";

/** How a subject is served. */
export interface ServeOptions<Handled, Answered> {
  schema?: EndpointSchema<unknown, Handled, Answered, unknown>;
  handler: Handler<Handled, Answered>;
  /** Of those in one queue group one gets each request. @default "q", as in all micro services */
  queue?: string;
  /** Requests that are handled at once. @default 100 */
  concurrency?: number;
  /** Requests that may wait for their turn; the next one is answered with 429. @default as many as `concurrency` */
  waiting?: number;
  /** Name of the endpoint in `nats micro`. @default the subject, in letters, digits, `-` and `_` */
  name?: string;
  metadata?: Readonly<Record<string, string>>;
}

/** Identity of the service whose endpoints a client serves. */
export interface ServiceOptions {
  /** Letters, digits, `-` and `_`. */
  name?: string;
  /** Semantic version. @default "0.0.0" */
  version?: string;
  description?: string;
  metadata?: Readonly<Record<string, string>>;
}

/** The same, whatever the handler takes and the schema gives. */
export type AnyServeOptions = Omit<ServeOptions<never, unknown>, "schema"> & { schema?: EndpointSchema };

interface Served {
  identity: EndpointIdentity;
  standing: Standing;
}

/** The micro service that a client is, from its first endpoint on. */
export class Service {
  readonly #served: Served[] = [];
  readonly #answering: { subject: string; standing: Standing }[] = [];
  #identity?: ServiceIdentity;

  constructor(
    private readonly options: ServiceOptions,
    private readonly parts: {
      connection: Connection;
      subscriptions: StandingSubscriptions;
      inFlight: InFlight;
      observers: Observers;
      logger: Logger;
      signal: AbortSignal;
    },
  ) {}

  /** Serves a subject. Resolves when the server has accepted it, or refused: then health says so. */
  async serve(target: string | Endpoint, options: AnyServeOptions): Promise<void> {
    const endpoint = typeof target === "string" ? defineEndpoint(target, options.schema) : target;
    const { queue = "q", concurrency = 100, waiting = concurrency, metadata = {} } = options;
    const name = options.name ?? endpoint.pattern.replace(/[^A-Za-z0-9_-]/g, "_");
    checkQueue(queue);
    checkName(name, "endpoint's name");
    if (!(concurrency >= 1) || !(waiting >= 0))
      throw new InvalidMessageError(`${endpoint.subject}: concurrency is at least 1, and waiting at least 0`);
    const { observers, logger, signal, inFlight, subscriptions } = this.parts;
    const identity = this.#start();
    const served = new ServedEndpoint({
      endpoint,
      handler: options.handler,
      concurrency,
      waiting,
      logger,
      observers,
      signal,
    });
    const standing = new Standing({
      subject: endpoint.pattern,
      queue,
      take: (message, link) => inFlight.track(served.take(message, link)),
      onRefusal: (refusal) => logger.error({ subject: endpoint.pattern, error: refusal }, "NATS endpoint refused"),
    });
    await subscriptions.add(standing);
    this.#served.push({
      identity: { name, subject: endpoint.pattern, queue, metadata, stats: served.stats },
      standing,
    });
    await this.#tell(identity);
  }

  /** Endpoints that the server refuses, one sentence for each. */
  problems(): string[] {
    return this.#served.flatMap(({ identity, standing }) =>
      standing.refusal === undefined ? [] : [`endpoint ${identity.subject} is refused: ${standing.refusal}`],
    );
  }

  /** What does not keep the service from working: it is not seen by tools. */
  warnings(): string[] {
    return this.#answering.flatMap(({ subject, standing }) =>
      standing.refusal === undefined ? [] : [`${subject} is refused, so that nats micro does not see this service`],
    );
  }

  #start(): ServiceIdentity {
    const { name, version = "0.0.0", description = "", metadata = {} } = this.options;
    if (name === undefined)
      throw new InvalidMessageError("a client that serves has a name: give it as an option of the client");
    checkName(name, "service's name");
    if (!/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(version))
      throw new InvalidMessageError(`the service's version ${version} is no semantic version, such as 1.2.3`);
    this.#identity ??= { name, id: newServiceId(), version, description, metadata, started: new Date() };
    return this.#identity;
  }

  async #tell(identity: ServiceIdentity): Promise<void> {
    if (this.#answering.length > 0) return;
    const { subscriptions, logger } = this.parts;
    const answering = microSubjects(identity).map(({ verb, subject }) => ({
      subject,
      standing: new Standing({
        subject,
        take: (message, link) => {
          if (message.reply)
            link.publish(
              message.reply,
              json(
                microAnswer(
                  verb,
                  identity,
                  this.#served.map((each) => each.identity),
                ),
              ),
            );
        },
        onRefusal: (refusal) => logger.warn({ subject, error: refusal }, "NATS service is not seen by nats micro"),
      }),
    }));
    this.#answering.push(...answering);
    await Promise.all(answering.map(({ standing }) => subscriptions.add(standing)));
  }
}

const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
