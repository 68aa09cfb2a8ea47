import { type ClusterTopology, ports } from "../topology";
import { secretOfCertificate } from "./agent-environment";
import type { SecretVariable } from "./program-task";

/** How programs in the VPC reach the servers: by the names in Cloud Map, always over TLS. */
export const clientUrls = (cluster: ClusterTopology): string =>
  cluster.servers.map(({ host }) => `tls://${host}:${ports.client}`).join(",");

/** Where programs find the authorities of those names: the secret of any certificate of that issuer holds them. */
export function internalAuthorities(environment: string, cluster: ClusterTopology): SecretVariable {
  const certificate = cluster.certificates.find(({ id }) => id === "internal");
  if (!certificate) throw new Error(`cluster ${cluster.name} has no internal certificate`);
  return { secret: secretOfCertificate(environment, cluster.name, certificate), key: "authorities" };
}
