import type { Trust } from "../model/config";
import type { ClusterTopology, HttpGatewayTopology, Topology } from "../model/topology";
import type { GatewaySpec, HttpGatewayEnv } from "../runtime/http-gateway/env";
import { type Connection, from, type ProgramEnvironment } from "./program-environment";

/** Settings of a gateway that depend on its platform. Its login is the seed of its service in both modes. */
export interface HttpGatewaySite<Secret> extends Connection<Secret> {
  cluster: ClusterTopology;
  /** File that holds the routes; without it they are in a variable. */
  specFile?: string;
  http: { host?: string; port: number; adminPort: number };
  /** Balancers in front. */
  proxies: number;
  /** Time in which balancers stop sending. */
  drainSeconds: number;
}

/** Environment of the HTTP gateway of a cluster. */
export function httpGatewayEnvironment<Secret>(
  topology: Topology,
  trust: Trust,
  site: HttpGatewaySite<Secret>,
): ProgramEnvironment<typeof HttpGatewayEnv, Secret> {
  const ca = from("NATS_CA", site.authorities);
  const login = from("NATS_NKEY_SEED", site.login);
  const { mode, sentinel } = topology.identity;
  return {
    variables: {
      NATS_SERVERS: site.servers.join(","),
      ...ca.variables,
      ...login.variables,
      NATS_SENTINEL: mode === "operator" && sentinel === "client" ? trust.sentinel : undefined,
      ...(site.specFile === undefined
        ? { GATEWAY_SPEC: JSON.stringify(httpGatewaySpec(topology, trust, site.cluster, site.proxies)) }
        : { GATEWAY_SPEC_FILE: site.specFile }),
      HTTP_HOST: site.http.host,
      HTTP_PORT: String(site.http.port),
      ADMIN_PORT: String(site.http.adminPort),
      DRAIN_SECONDS: String(site.drainSeconds),
      LOG_LEVEL: "info",
    },
    secrets: { ...ca.secrets, ...login.secrets },
  };
}

/** Routes of a cluster's gateway, as it serves them. */
export function httpGatewaySpec(
  { environment, identity, nats, streams }: Topology,
  trust: Trust,
  cluster: ClusterTopology,
  proxies: number,
): GatewaySpec | undefined {
  const gateway = cluster.httpGateway;
  if (!gateway) return undefined;
  const { account, origins, limits, balancerIdleMs } = gateway;
  const windowOf = (stream: string) => streams.find(({ name }) => name === stream)?.duplicateWindowMs ?? 120_000;
  return {
    title: `${environment} ${cluster.name}`,
    account: identity.mode === "operator" ? (trust.accounts[account]?.publicKey ?? "") : account,
    origins,
    limits,
    calloutTimeoutMs: identity.calloutTimeoutSeconds * 1000,
    balancerIdleMs,
    proxies,
    routes: gateway.routes.map((route) => routeOf(route, windowOf, nats.maxPayloadBytes)),
  };
}

/** Headers of a message count as its payload: room for those that HTTP lets through. */
const HEADER_BYTES = 16 * 1024;

function routeOf(
  route: HttpGatewayTopology["routes"][number],
  windowOf: (stream: string) => number,
  maxPayloadBytes: number,
): GatewaySpec["routes"][number] {
  if (route.kind === "events") return route;
  const { maxBody, ...rest } = route;
  const maxBodyBytes = Math.max(0, Math.min(maxBody, maxPayloadBytes - HEADER_BYTES));
  if (rest.kind === "publish") return { ...rest, maxBodyBytes };
  const { timeout, ...same } = rest;
  return same.kind === "stream"
    ? { ...same, maxBodyBytes, timeoutMs: timeout, windowMs: windowOf(same.stream) }
    : { ...same, maxBodyBytes, timeoutMs: timeout };
}
