import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import { serviceInboxPrefix } from "../../runtime/client";
import { runningProcess } from "../core/processes";
import { sentinelOf } from "./connect";
import { allServers, type Twin } from "./context";
import { loopback } from "./ports";
import { localServices } from "./service-code";

/** Content of `.natsform/ENV/connect.json`: all that programs and scripts have to know of the twin. No secret is in it. */
export interface ConnectFile {
  environment: string;
  servers: { name: string; cluster: string; client: string; websocket?: string; monitoring: string; pid?: number }[];
  /** HTTP in front of clusters. */
  httpGateways: { cluster: string; url: string; openapi: string; metrics: string; pid?: number }[];
  /** Authorities of all certificates. */
  caFile: string;
  /** Tokens of the twin have the deployment's `iss` and `aud`, and are signed by an issuer of its own. */
  issuer: { issuer: string; audience: string; jwksUri: string; command: string };
  /** Bearer JWT that clients present beside their login, where servers do not add it. */
  sentinel?: string;
  /** Of holders of tokens: letters, digits and `-` of `sub` stay, every other byte is `_hh`. */
  userInboxPrefix: string;
  services: Record<string, ServiceLogin>;
}

/** How a service logs in. */
export interface ServiceLogin {
  account: string;
  /** Public half of its key. */
  nkey: string;
  /** File with the private half. */
  seedFile: string;
  inboxPrefix: string;
  /** Where natsform runs it. */
  pid?: number;
}

/** The twin as programs see it. @param trust its own trust file */
export function connectFile(twin: Twin, trust: Trust): ConnectFile {
  const { folder, ports, topology } = twin;
  const { environment, identity } = topology;
  const { issuer, audience } = identity.oidc;
  const fleet = new Set(localServices(topology).map(({ service }) => service.name));
  return {
    environment,
    servers: allServers(topology).map(({ cluster, server }) => {
      const own = ports.servers[server.name] ?? {};
      return {
        name: server.name,
        cluster: cluster.name,
        client: `tls://${loopback}:${own.client}`,
        ...(own.websocket ? { websocket: `wss://${loopback}:${own.websocket}` } : {}),
        monitoring: `http://${loopback}:${own.monitoring}`,
        pid: runningProcess(folder.server(server.name))?.pid,
      };
    }),
    httpGateways: topology.clusters.flatMap(({ name, httpGateway }) => {
      const own = httpGateway && ports.httpGateways[httpGateway.service];
      if (!own) return [];
      const url = `http://${loopback}:${own.callers}`;
      const pid = runningProcess(folder.program(httpGateway.service))?.pid;
      return [
        { cluster: name, url, openapi: `${url}/openapi.json`, metrics: `http://${loopback}:${own.admin}/metrics`, pid },
      ];
    }),
    caFile: folder.caBundle,
    issuer: {
      issuer,
      audience,
      jwksUri: `http://${loopback}:${ports.issuer}/jwks`,
      command: `natsform token ${environment} --sub NAME`,
    },
    sentinel: sentinelOf(twin, trust),
    userInboxPrefix: "_INBOX.<encoded sub>",
    services: Object.fromEntries(
      Object.entries(identity.services).map(([name, { account }]): [string, ServiceLogin] => {
        // Services belong to no cluster: one key opens all of them.
        const nkey = trust.users[`service-${name}`] ?? "";
        const seedFile = join(folder.keys, `user-service-${name}.key`);
        const pid = fleet.has(name) ? runningProcess(folder.program(name))?.pid : undefined;
        return [name, { account, nkey, seedFile, inboxPrefix: serviceInboxPrefix(nkey), pid }];
      }),
    ),
  };
}

export function writeConnectFile(twin: Twin, trust: Trust): ConnectFile {
  const content = connectFile(twin, trust);
  writeFileAtomically(twin.folder.connect, `${JSON.stringify(content, null, 2)}\n`);
  return content;
}
