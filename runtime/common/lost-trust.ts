import type { Logger } from "pino";
import { parseServers } from "./servers";
import { tlsHandshake } from "./tls-handshake";

/** What TLS says of a chain that leads to none of the authorities. */
const untrusted = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
]);

const timeoutMs = 10_000;

/**
 * Watches whether servers that were trusted still are. A task on ECS is given the authorities when it starts: once another one
 * has signed what servers serve, it could connect no more, however long it tries.
 *
 * @param servers as `NATS_SERVERS` has them
 * @param authorities PEM, as they are now: elsewhere they are a file that follows the servers
 */
export function trustWatch(servers: string | readonly string[], authorities: () => string) {
  const trusted = new Set<string>();
  return {
    /** @returns servers that an earlier look found trusted, and this one does not; who does not answer says nothing */
    async lost(): Promise<string[]> {
      const ca = authorities();
      const looked = await Promise.all(
        parseServers(servers).map(async (server) => {
          const isTrusted = await trusts(server, ca).catch(() => undefined);
          if (isTrusted) trusted.add(server);
          return isTrusted === false && trusted.has(server) ? [server] : [];
        }),
      );
      return looked.flat();
    },
  };
}

function trusts(server: string, ca: string): Promise<boolean> {
  const { hostname, port } = new URL(server.replace(/^tls:/, "https:"));
  const address = { host: hostname, port: Number(port || 4222), servername: hostname };
  return tlsHandshake(
    { ...address, plainInfo: true, timeoutMs },
    { ca, rejectUnauthorized: false },
    ({ authorizationError }) => {
      const reason: unknown = authorizationError;
      return !untrusted.has(reason instanceof Error ? reason.message : String(reason));
    },
  );
}

const everyMs = 10 * 60_000;

/**
 * Ends the program when servers are lost to it, with an error: what runs it starts it again, with the authorities of then. Each
 * looks at moments of its own, so that not all of several end at once.
 */
export function endOnLostTrust({ lost }: ReturnType<typeof trustWatch>, log: Pick<Logger, "error">): void {
  const look = async () => {
    // A file of authorities that cannot be read now says nothing of servers.
    const servers = await lost().catch(() => []);
    if (servers.length > 0) {
      log.error({ servers }, "another authority has signed what servers serve: ends, to be started with it");
      process.exit(1);
    }
    setTimeout(look, everyMs * (0.5 + Math.random())).unref();
  };
  void look();
}
