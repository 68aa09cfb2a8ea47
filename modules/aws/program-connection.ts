import { type ClusterTopology, loginKey, ports, storedName } from "../../model/topology";
import type { Connection } from "../../templates/program-environment";
import { secretOfCertificate } from "./agent-environment";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import type { SecretVariable } from "./program-task";

/** URLs by which programs in the VPC reach the servers: names in Cloud Map, always over TLS. */
const clientUrls = (cluster: ClusterTopology): string[] =>
  cluster.servers.map(({ host }) => `tls://${host}:${ports.client}`);

/** Authorities of those names: the secret of any certificate of that issuer holds them. */
function internalAuthorities(environment: string, cluster: ClusterTopology): SecretVariable {
  const certificate = cluster.certificates.find(({ id }) => id === "internal");
  if (!certificate) throw new Error(`cluster ${cluster.name} has no internal certificate`);
  return { secret: secretOfCertificate(environment, cluster.name, certificate), key: "authorities" };
}

/** Connection of a program in a task as a fixed user: its key is a secret by reference. */
export const connectionOf = (
  context: StackContext,
  cluster: ClusterTopology,
  user: string,
  lookups: Lookups,
): Connection<SecretVariable> => ({
  servers: clientUrls(cluster),
  authorities: { secret: internalAuthorities(context.topology.environment, cluster) },
  login: keySource(context, cluster, lookups, loginKey(context.topology, user)),
});

/** A key of a cluster, as a secret by reference. */
export const keySource = (
  { trust }: Pick<StackContext, "trust">,
  cluster: ClusterTopology,
  { names }: Lookups,
  key: string,
): { secret: SecretVariable } => ({ secret: { secret: names.keySecret(storedName(trust, cluster.name, key)) } });
