import { parseServers, ServersError } from "../common/servers";

/** Constants of the client, under the names that services know them by. */
export const NATS_CONFIG = {
  /** Dialled when neither `servers` nor the variable `NATS_URL` says anything else. */
  DEFAULT_SERVER_URL: "tls://lfx-platform-nats.lfx.svc.cluster.local:4222",
  /** Milliseconds. */
  CONNECTION_TIMEOUT: 5000,
  /** Milliseconds. */
  REQUEST_TIMEOUT: 5000,
} as const;

/** Where connections in clear are allowed: on this machine, or wherever a service mesh encrypts them. */
export type Plaintext = "loopback" | "mesh";

/** Addresses to dial. */
export interface Addresses {
  /** `tls://host:port`, or `nats://host:port` where that is allowed. */
  servers: readonly string[];
  encrypted: boolean;
}

/**
 * The servers to dial: those given, or those of `NATS_URL`, or the default.
 *
 * An address begins with `tls://`: nats.js connects in clear to `nats://`, and sends the login. So `nats://` has to be
 * allowed, for this machine or for a mesh, and is never mixed with `tls://`.
 *
 * @throws ServersError for every address that must not be dialled
 */
export function addressesOf(
  servers: string | readonly string[] | undefined,
  natsUrl: string | undefined,
  plaintext: Plaintext | undefined,
): Addresses {
  const given = servers ?? (natsUrl || NATS_CONFIG.DEFAULT_SERVER_URL);
  const list = (typeof given === "string" ? given.split(",") : given).map((server) => server.trim()).filter(Boolean);
  const clear = list.filter((server) => /^nats:\/\//i.test(server));
  if (plaintext === undefined || clear.length === 0) return { servers: parseServers(given), encrypted: true };
  if (clear.length < list.length)
    throw new ServersError("tls:// and nats:// are mixed: a client encrypts all of its connections or none");
  // The same checks as for any address.
  parseServers(clear.map((server) => server.replace(/^nats/i, "tls")));
  const far = plaintext === "loopback" ? clear.filter((server) => !isLoopback(server)) : [];
  if (far.length > 0)
    throw new ServersError(far.map((server) => `${server} is not this machine: write tls://`).join("; "));
  return { servers: clear, encrypted: false };
}

function isLoopback(server: string): boolean {
  const { hostname } = new URL(server.replace(/^nats/i, "http"));
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
