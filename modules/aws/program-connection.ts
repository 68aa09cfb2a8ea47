import { type ClusterTopology, loginKey, ports, type Topology } from "../../model/topology";
import type { Connection } from "../../templates/program-environment";
import { secretOfCertificate } from "./agent-environment";
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
  topology: Topology,
  cluster: ClusterTopology,
  user: string,
  keySecret: (key: string) => string,
): Connection<SecretVariable> => ({
  servers: clientUrls(cluster),
  authorities: { secret: internalAuthorities(topology.environment, cluster) },
  login: { secret: { secret: keySecret(loginKey(topology, user)) } },
});
