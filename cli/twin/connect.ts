import { join } from "node:path";
import { readIfThere } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import { loadTrust } from "../../model/config/load";
import { type ClusterTopology, loginKey, storedName, streamsInbox } from "../../model/topology";
import { type Authentication, NatsClient } from "../../runtime/client";
import { UserError } from "../core/project";
import { previousOf } from "../keys/rotated-keys";
import { clientUrls, type Twin } from "./context";

/** Login of a fixed user of one of the twin's clusters. */
export function fixedUser(twin: Twin, cluster: ClusterTopology, name: string): Authentication {
  const login = readLogin(twin, cluster, loginKey(twin.topology, name));
  if (!login) throw new UserError(`the twin has no key of user ${name} of ${cluster.name}`, "natsform up makes it");
  return login;
}

function readLogin({ topology, folder }: Twin, cluster: ClusterTopology, name: string): Authentication | undefined {
  const trust = loadTrust(folder.trust, folder.root);
  const login = readIfThere(join(folder.keys, `${storedName(trust, cluster.name, name)}.key`))?.trim();
  if (login === undefined) return undefined;
  return topology.identity.mode === "operator" ? { kind: "creds", creds: login } : { kind: "nkey", seed: login };
}

/** File with the creds of a fixed user of a cluster, for programs that read it. */
export const credsFile = ({ folder }: Twin, trust: Trust, { name }: ClusterTopology, user: string): string =>
  folder.credentials(`${storedName(trust, name, `creds-${user}`).replace(/^creds-/, "")}.creds`);

/** The bearer JWT that clients must send, where the servers do not add it. */
export const sentinelOf = ({ topology }: Twin, trust: Trust): string | undefined =>
  topology.identity.mode === "operator" && topology.identity.sentinel === "client" ? trust.sentinel : undefined;

export interface TwinClientProps {
  authentication: Authentication;
  inboxPrefix?: string;
  name?: string;
  /** Default: every server of the cluster. */
  servers?: string[];
}

/** A client of one of the twin's clusters. The caller closes it. */
export function twinClient(twin: Twin, cluster: ClusterTopology, props: TwinClientProps): NatsClient {
  const { authentication, inboxPrefix, name, servers } = props;
  return new NatsClient({
    servers: servers ?? clientUrls(twin, cluster),
    caFile: twin.folder.caBundle,
    authentication,
    inboxPrefix,
    name: name ?? "natsform",
  });
}

/**
 * A client that is logged in as a fixed user of a cluster. While a rotation that replaces its key is not finished, servers
 * that it has not reached yet know the one of before alone.
 */
export async function userClient(
  twin: Twin,
  cluster: ClusterTopology,
  user: string,
  props: Omit<TwinClientProps, "authentication"> = {},
): Promise<NatsClient> {
  const client = twinClient(twin, cluster, { ...props, authentication: fixedUser(twin, cluster, user) });
  const before = readLogin(twin, cluster, previousOf(loginKey(twin.topology, user)));
  if (!before) return client;
  try {
    await client.connection();
    return client;
  } catch {
    await client.close();
    return twinClient(twin, cluster, { ...props, authentication: before });
  }
}

/** @param servers URLs; default: every server of the cluster */
export const streamsClient = (twin: Twin, cluster: ClusterTopology, account: string, servers?: string[]) =>
  userClient(twin, cluster, `streams-${account}`, { inboxPrefix: streamsInbox, name: "natsform streams", servers });
