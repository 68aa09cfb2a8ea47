import { loginKey, storedName } from "../../model/topology";
import type { Authentication, NatsClient } from "../../runtime/client";
import { UserError } from "../core/project";
import type { DeployTarget } from "./target";

/** Makes a client that logs in as one of the fixed users. */
export type Connect = (user: string, inboxPrefix?: string) => Promise<NatsClient>;

/** Login of a fixed user of a cluster, with its key from the key store. */
export async function authenticationOf(
  { keys, topology, trust }: Pick<DeployTarget, "keys" | "topology" | "trust">,
  cluster: string,
  user: string,
): Promise<Authentication> {
  const isOperator = topology.identity.mode === "operator";
  const value = await keys.read(storedName(trust, cluster, loginKey(topology, user)));
  if (value === undefined) throw new UserError(`${keys.description} has no key of the user ${user}`);
  return isOperator ? { kind: "creds", creds: value } : { kind: "nkey", seed: value };
}
