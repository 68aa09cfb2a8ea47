import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Trust } from "../../model/config";
import { type ClusterTopology, streamsInbox } from "../../model/topology";
import { type Authentication, NatsClient } from "../../runtime/client";
import { clientUrls, type Twin } from "./context";

/** Login of a fixed user of the twin. */
export function fixedUser(twin: Twin, name: string): Authentication {
  return twin.topology.identity.mode === "operator"
    ? { kind: "creds", creds: readFileSync(twin.folder.credentials(`${name}.creds`), "utf8") }
    : { kind: "nkey", seed: readFileSync(join(twin.folder.keys, `user-${name}.key`), "utf8").trim() };
}

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

export const streamsClient = (twin: Twin, cluster: ClusterTopology, account: string) =>
  twinClient(twin, cluster, {
    authentication: fixedUser(twin, `streams-${account}`),
    inboxPrefix: streamsInbox,
    name: "natsform streams",
  });
