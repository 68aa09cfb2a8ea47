import type { Trust } from "../model/config";
import type { FleetService, Topology } from "../model/topology";
import { serviceInboxPrefix } from "../runtime/client/spec";
import { type Connection, from } from "./program-environment";

/**
 * Environment of a service that natsform runs: the variables that `natsform connect` prints, and its own. Its login is the
 * seed of its nkey in both modes; what comes from a secret is in the file that `VARIABLE_FILE` names.
 */
export function serviceEnvironment<Secret>(
  { identity }: Topology,
  trust: Trust,
  { name, variables }: FleetService,
  { servers, authorities, login }: Connection<Secret>,
): { variables: Record<string, string | undefined>; secrets: Partial<Record<string, Secret>> } {
  const ca = from("NATS_CA", authorities);
  const key = from("NATS_NKEY_SEED", login);
  const needsSentinel = identity.mode === "operator" && identity.sentinel === "client";
  return {
    variables: {
      ...variables,
      NATS_URL: servers.join(","),
      ...ca.variables,
      ...key.variables,
      NATS_INBOX_PREFIX: serviceInboxPrefix(trust.users[`service-${name}`] ?? ""),
      NATS_SENTINEL: needsSentinel ? trust.sentinel : undefined,
    },
    secrets: { ...ca.secrets, ...key.secrets },
  };
}
