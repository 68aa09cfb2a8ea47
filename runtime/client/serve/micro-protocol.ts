import { randomBytes } from "node:crypto";
import type { EndpointStats } from "./served-endpoint";

/** What a service says of itself. */
export interface ServiceIdentity {
  name: string;
  id: string;
  version: string;
  description: string;
  metadata: Readonly<Record<string, string>>;
  started: Date;
}

/** What it says of an endpoint. */
export interface EndpointIdentity {
  name: string;
  /** The subject that it subscribes to. */
  subject: string;
  queue: string;
  metadata: Readonly<Record<string, string>>;
  stats: EndpointStats;
}

export const newServiceId = (): string => randomBytes(11).toString("hex");

/** Verbs of the protocol: each is asked of all services, of those of one name, and of one alone. */
export const VERBS = ["PING", "INFO", "STATS"] as const;
export type Verb = (typeof VERBS)[number];

/** The nine subjects on which a service tells of itself. */
export const microSubjects = ({ name, id }: ServiceIdentity): readonly { verb: Verb; subject: string }[] =>
  VERBS.flatMap((verb) => ["", `.${name}`, `.${name}.${id}`].map((of) => ({ verb, subject: `$SRV.${verb}${of}` })));

const nanoseconds = (ms: number) => Math.round(ms * 1e6);

/**
 * The answer to a verb, as `nats micro` and every other tool of the protocol reads it.
 *
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md
 */
export function microAnswer(verb: Verb, service: ServiceIdentity, endpoints: readonly EndpointIdentity[]): object {
  const { name, id, version, metadata, description, started } = service;
  const about = { name, id, version, metadata };
  switch (verb) {
    case "PING":
      return { type: "io.nats.micro.v1.ping_response", ...about };
    case "INFO":
      return { type: "io.nats.micro.v1.info_response", ...about, description, endpoints: endpoints.map(endpointInfo) };
    case "STATS":
      return {
        type: "io.nats.micro.v1.stats_response",
        ...about,
        started: started.toISOString(),
        endpoints: endpoints.map(endpointStats),
      };
  }
}

const endpointInfo = ({ name, subject, queue, metadata }: EndpointIdentity) => ({
  name,
  subject,
  queue_group: queue,
  metadata,
});

const endpointStats = ({ name, subject, queue, stats }: EndpointIdentity) => ({
  name,
  subject,
  queue_group: queue,
  num_requests: stats.requests,
  num_errors: stats.errors,
  last_error: stats.lastError,
  processing_time: nanoseconds(stats.processingMs),
  average_processing_time: stats.requests === 0 ? 0 : nanoseconds(stats.processingMs / stats.requests),
});
