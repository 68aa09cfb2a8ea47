import { connect, jwtAuthenticator, type NatsConnection, tokenAuthenticator } from "@nats-io/transport-node";
import { inboxPrefix } from "../client/identity";
import { failureOf } from "../client/nats-errors";
import { Problem } from "./problems";
import type { Caller } from "./token";

/** Servers of the cluster, and what is needed to reach them. */
export interface Cluster {
  servers: readonly string[];
  ca?: string;
  /** The bearer JWT that leads to the callout, where servers do not add it. */
  sentinel?: string;
  /** Account in which tokens must land, as servers name it. */
  account: string;
  calloutTimeoutMs: number;
}

const DIAL_MS = 5000;

/** What a server says of the user of a connection. */
interface UserInfo {
  account?: string;
  permissions?: { subscribe?: { deny?: string[] } };
}

/** Tries the servers in turn, and none more where one has refused the token: all ask the same callout. */
export async function dial(caller: Caller, cluster: Cluster): Promise<NatsConnection> {
  const { sentinel, ca } = cluster;
  const servers = shuffled(cluster.servers);
  let last: unknown;
  for (const server of servers) {
    const begun = performance.now();
    try {
      return await connect({
        servers: [server],
        authenticator: [
          ...(sentinel === undefined ? [] : [jwtAuthenticator(sentinel)]),
          tokenAuthenticator(caller.token),
        ],
        tls: { ...(ca !== undefined && { ca }) },
        name: "http-gateway",
        inboxPrefix: inboxPrefix(caller.sub),
        timeout: DIAL_MS + cluster.calloutTimeoutMs,
        reconnect: false,
        ignoreClusterUpdates: true,
        // Two stack traces for each request cost more than the request.
        noAsyncTraces: true,
        pingInterval: 20_000,
      });
    } catch (error) {
      last = error;
      const isRefusal = failureOf(error) === "refused";
      // A callout that says nothing is away, and then the server's refusal says nothing of the token.
      if (isRefusal && performance.now() - begun < cluster.calloutTimeoutMs * 0.9)
        throw new Problem("token-refused", error);
    }
  }
  throw new Problem("cluster-away", last);
}

/** Each connection begins with another server. */
function shuffled(servers: readonly string[]): string[] {
  const at = Math.floor(Math.random() * servers.length);
  return [...servers.slice(at), ...servers.slice(0, at)];
}

/** A request on a leaf node reaches the hub too, which answers about the link: the answer of the own server counts. */
export async function userInfo(connection: NatsConnection): Promise<UserInfo> {
  const own = connection.info?.server_id;
  for await (const answer of await connection.requestMany("$SYS.REQ.USER.INFO", undefined, { maxWait: DIAL_MS })) {
    const { server, data } = answer.json<{ server?: { id?: string }; data?: UserInfo }>();
    if (data && server?.id === own) return data;
  }
  throw new Error("the server does not say who the user is");
}
