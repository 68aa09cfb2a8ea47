import type { Trust } from "../model/config";
import type { ClusterTopology, Topology } from "../model/topology";
import type { BacklogEnv, WatchedConsumer } from "../runtime/backlog/env";
import { type Connection, from, type ProgramEnvironment } from "./program-environment";

/** Settings that depend on the platform. The login is the seed of the program's service in both modes. */
export interface BacklogSite<Secret> extends Connection<Secret> {
  cluster: ClusterTopology;
  account: string;
  http: { host?: string; port: number };
  /** Cluster of ECS, and the names of its services. */
  ecs?: { cluster: string; service(name: string): string };
}

/** Environment of the program that counts what waits for services of one account. */
export function backlogEnvironment<Secret>(
  { environment, identity: { mode, sentinel } }: Topology,
  trust: Trust,
  { cluster, account, servers, authorities, login, http, ecs }: BacklogSite<Secret>,
): ProgramEnvironment<typeof BacklogEnv, Secret> {
  const ca = from("NATS_CA", authorities);
  const key = from("NATS_NKEY_SEED", login);
  const watched = cluster.backlogs
    .filter((one) => one.account === account)
    .map(({ service, stream, consumer, api }): WatchedConsumer => {
      return { service, stream, consumer, api, ...(ecs && { ecsService: ecs.service(service) }) };
    });
  return {
    variables: {
      NATS_SERVERS: servers.join(","),
      ...ca.variables,
      ...key.variables,
      NATS_SENTINEL: mode === "operator" && sentinel === "client" ? trust.sentinel : undefined,
      BACKLOGS: JSON.stringify(watched),
      ENVIRONMENT: environment,
      CLUSTER: cluster.name,
      ECS_CLUSTER: ecs?.cluster,
      HTTP_HOST: http.host,
      HTTP_PORT: String(http.port),
      LOG_LEVEL: "info",
    },
    secrets: { ...ca.secrets, ...key.secrets },
  };
}
