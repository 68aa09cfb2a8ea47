import { z } from "zod";

/** What a gateway serves, as the model renders it. */

const common = {
  /** Name of the route: the operation's id in the document of the interface. */
  name: z.string().min(1),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  /** Segments such as `{customer}` are parameters. */
  path: z.string().startsWith("/"),
  description: z.string().optional(),
  /** Tokens such as `{customer}` are those of the path; `{sub}` is the caller. */
  subject: z.string().min(1),
};

const withBody = {
  maxBodyBytes: z.int().min(0),
  accepts: z.array(z.string()).min(1),
  requestHeaders: z.array(z.string()),
};

export const Route = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("request"),
    ...common,
    ...withBody,
    timeoutMs: z.int().min(1),
    /** Media type of the answer. */
    answers: z.string(),
    responseHeaders: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal("publish"), ...common, ...withBody }),
  z.strictObject({
    kind: z.literal("stream"),
    ...common,
    ...withBody,
    stream: z.string(),
    timeoutMs: z.int().min(1),
    idempotency: z.enum(["none", "optional", "required"]),
    /** Time for which the stream remembers a message's id. */
    windowMs: z.int().min(1),
  }),
  z.strictObject({ kind: z.literal("events"), ...common, stream: z.string().optional() }),
]);
export type Route = z.output<typeof Route>;
export type RouteOf<Kind extends Route["kind"]> = Extract<Route, { kind: Kind }>;

export const GatewaySpec = z.strictObject({
  title: z.string(),
  /** Account of the routes as servers name it: its name in configuration mode, its public key in operator mode. */
  account: z.string().min(1),
  origins: z.array(z.string()),
  routes: z.array(Route).min(1),
  limits: z.strictObject({
    connections: z.int().min(1),
    connectionsPerUser: z.int().min(1),
    requestsPerSecond: z.int().min(1),
    eventStreams: z.int().min(1),
  }),
  /** Time after which a server refuses whoever the auth callout has said nothing about. */
  calloutTimeoutMs: z.int().min(1),
  /** Time after which the balancer in front closes an idle connection. */
  balancerIdleMs: z.int().min(1000),
  /** Balancers in front that each add an address to `X-Forwarded-For`. */
  proxies: z.int().min(0),
});
export type GatewaySpec = z.output<typeof GatewaySpec>;
