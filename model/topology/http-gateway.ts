import { reservedBy } from "../../runtime/subjects/spec";
import type { Environment } from "../config";
import type { ClusterTopology, HttpGatewayTopology } from "./model";
import { subjectsOfUses } from "./rights";

type Gateway = NonNullable<Environment["clusters"][string]["httpGateway"]>;

/** Name of the service as which the gateway of a cluster logs in. */
export const httpGatewayService = (cluster: string): string => `http-gateway-${cluster}`;

/**
 * How a gateway is run, wherever it is deployed: processes and the most of them, and the time that one has to stop. Readiness
 * ends first, and until `drainSeconds` are over nothing new comes; then requests have half as long again, and streams end.
 */
export const httpGatewayRun = {
  ports: { callers: 8080, admin: 9090 },
  least: 2,
  most: 20,
  drainSeconds: 15,
  stopSeconds: 60,
} as const;

/** Name that callers dial; absent where nothing leads them to it by a name. */
export const httpGatewayHost = ({
  httpGateway,
  platform,
}: Pick<ClusterTopology, "httpGateway" | "platform">): string | undefined =>
  httpGateway?.hostname ??
  ("domain" in platform && platform.domain !== undefined ? `api.${platform.domain}` : undefined);

export function buildHttpGateway(cluster: string, gateway: Gateway): HttpGatewayTopology {
  const { balancerIdle, routes, ...same } = gateway;
  return {
    ...same,
    service: httpGatewayService(cluster),
    balancerIdleMs: balancerIdle,
    routes: Object.entries(routes).map(([name, route]) => ({ name, ...route })),
  };
}

/**
 * Rights of the gateways themselves. Requests are made with the caller's own; the gateway listens to what readers of
 * events may hear, once for all of them, and reads what its streams hold.
 */
export function httpGatewayServices(env: Environment) {
  return Object.fromEntries(
    Object.entries(env.clusters).flatMap(([cluster, { httpGateway }]) => {
      if (!httpGateway) return [];
      const { account } = httpGateway;
      const routes = Object.values(httpGateway.routes);
      const streams = routes.flatMap((route) =>
        "stream" in route && route.stream !== undefined ? [route.stream] : [],
      );
      const uses = { consumers: [], streams: [...new Set(streams)], buckets: {}, objects: {} };
      // What no rule may grant is not granted: the responders would not start. Lint names it.
      const heard = routes
        .flatMap((route) => (route.kind === "events" ? [routePattern(route.subject)] : []))
        .filter((subject) => reservedBy(subject) === undefined);
      const service = {
        account,
        publish: { allow: subjectsOfUses({ uses, account }, env), deny: [] },
        subscribe: { allow: [...new Set(heard)], deny: [] },
        allowResponses: false as const,
      };
      return [[httpGatewayService(cluster), service]];
    }),
  );
}

/** Every subject that a route's subject may become. */
export const routePattern = (subject: string): string =>
  subject
    .split(".")
    .map((token) => (token.startsWith("{") ? "*" : token))
    .join(".");
