import { z } from "zod";
import { httpFront } from "./kubernetes";
import { accountName, duration, hostname, label, matching, period, size, streamName } from "./scalars";

/** A path whose parameters such as `{customer}` are whole segments. */
const path = matching(
  /^\/$|^(?:\/(?!\.\.?(?:\/|$))(?:[A-Za-z0-9._~-]+|\{[a-z][A-Za-z0-9]{0,31}\}))+$/,
  "must be a path such as /orders/{customer}/lines, whose parameters are whole segments",
).max(512);

const literal = String.raw`[^\s.*>{}\p{Cc}\p{Cs}]+`;
const placeholder = String.raw`\{[a-z][A-Za-z0-9]{0,31}\}`;
const routeSubject = matching(
  new RegExp(String.raw`^${literal}(?:\.(?:${literal}|${placeholder}))*$`, "u"),
  "must be a subject that begins with a literal token; placeholders such as {customer} are whole tokens, no wildcards",
).max(512);
const heardSubject = matching(
  new RegExp(String.raw`^${literal}(?:\.(?:${literal}|${placeholder}|\*))*(?:\.>)?$`, "u"),
  "must be a subject that begins with a literal token; placeholders such as {customer} and wildcards are whole tokens",
).max(512);

/**
 * Name of a header that is handed on. `Nats-` headers are orders to servers, and the others belong to the connection, to
 * the login or to the gateway itself.
 */
const header = matching(
  /^(?!nats-)(?!(?:authorization|cookie|set-cookie|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|content-length|expect|idempotency-key|origin|vary|date|location|strict-transport-security)$)(?!proxy-|sec-|access-control-|x-forwarded-)[A-Za-z0-9-]{1,64}$/i,
  "must be a header that may be handed on: not Nats-…, and none of the connection, the login or the gateway itself",
);

const mediaType = matching(
  /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/,
  "must be a media type such as application/json, in lower case, without parameters",
);

const common = {
  path,
  /** What callers of the interface are told of the route. */
  description: z.string().max(1024).optional(),
};

const withBody = {
  /** Largest body that is read. The servers' `maxPayload` bounds it as well, headers counted. */
  maxBody: size.prefault("256KiB"),
  /** Media types that a body may have. */
  accepts: z.array(mediaType).min(1).default(["application/json"]),
  /** Headers of the request that the message carries. */
  requestHeaders: z.array(header).default([]),
};

const writing = z.enum(["POST", "PUT", "PATCH", "DELETE"]).default("POST");

const route = z.discriminatedUnion("kind", [
  /** Asks whoever answers the subject, and returns the answer. */
  z.strictObject({
    kind: z.literal("request"),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST"),
    ...common,
    subject: routeSubject,
    ...withBody,
    /** Time that the answer may take. */
    timeout: period.prefault("5s"),
    /** Media type of the answer. */
    answers: mediaType.default("application/json"),
    /** Headers of the answer that the caller gets. */
    responseHeaders: z.array(header).default([]),
  }),
  /** Publishes to whoever listens; nobody says whether somebody does. */
  z.strictObject({ kind: z.literal("publish"), method: writing, ...common, subject: routeSubject, ...withBody }),
  /** Publishes to a stream and answers when the message is stored. */
  z.strictObject({
    kind: z.literal("stream"),
    method: writing,
    ...common,
    subject: routeSubject,
    /** Stream that stores the subject. */
    stream: streamName,
    ...withBody,
    /** Time for which it is tried until the message is stored. */
    timeout: period.prefault("10s"),
    /** Whether a caller may, or must, name a message by an `Idempotency-Key`; with `none` a key is refused. */
    idempotency: z.enum(["none", "optional", "required"]).default("optional"),
  }),
  /** Sends what is published as server-sent events. */
  z.strictObject({
    kind: z.literal("events"),
    method: z.literal("GET").default("GET"),
    ...common,
    subject: heardSubject,
    /**
     * Stream that stores the subject: events then have ids, and a reader that comes back gets what it missed. Whoever
     * may listen to the subject reads what the stream holds of it.
     */
    stream: streamName.optional(),
  }),
]);
export type HttpRoute = z.output<typeof route>;

/** HTTP in front of a cluster, for callers that cannot hold a NATS client. */
export const httpGateway = z.strictObject({
  /**
   * Name that callers dial. Default: `api.` and the platform's domain. On AWS it must lie in that domain, whose zone proves
   * it to ACM.
   */
  hostname: hostname.optional(),
  /**
   * Kubernetes: what leads callers from outside to it. Without it, pods of the Kubernetes cluster reach it by its Service, and
   * nobody else does.
   */
  front: httpFront.optional(),
  /** AWS, and an Ingress on EKS: ARN of a web ACL (WAF) for the balancer. Of a body it reads the first 8 KB. */
  webAcl: matching(
    /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[A-Za-z0-9_-]+\/[0-9a-f-]+$/,
    "must be the ARN of a regional web ACL",
  ).optional(),
  /** Account whose subjects the routes name. A token that lands in another one is refused. */
  account: accountName.default("APP"),
  /** Routes by name. */
  routes: z.record(label, route).refine((routes) => Object.keys(routes).length > 0, "must hold at least one route"),
  /** Origins whose pages may call it, exactly as browsers send them; none by default. */
  origins: z
    .array(
      matching(
        /^https:\/\/[a-z0-9.-]+(:\d{1,5})?$|^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?$/,
        "must be an origin such as https://app.example.com: https, lower case, no path",
      ),
    )
    .default([]),
  /** Bounds of one process. */
  limits: z
    .strictObject({
      /** Connections to NATS, one for each token in use. */
      connections: z.int().min(1).max(10_000).default(500),
      /** Connections for the tokens of one user. */
      connectionsPerUser: z.int().min(1).max(100).default(8),
      /** Requests of one token a second; three times as many at once. */
      requestsPerSecond: z.int().min(1).max(10_000).default(50),
      /** Readers of event streams. */
      eventStreams: z.int().min(1).max(100_000).default(10_000),
    })
    .prefault({}),
  /**
   * Time after which the balancer in front closes an idle connection. The gateway keeps connections for longer, and
   * writes to event streams more often.
   */
  balancerIdle: duration
    .refine((ms) => ms >= 5000 && ms <= 4_000_000, "must be from 5s to 4000s, as balancers take it")
    .prefault("60s"),
  /** Balancers in front, each of which adds an address to `X-Forwarded-For`. On this machine there is none. */
  proxies: z.int().min(0).max(5).default(1),
});
export type HttpGateway = z.output<typeof httpGateway>;
