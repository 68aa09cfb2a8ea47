import { type ClusterTopology, loginKey, ports, type Topology } from "../../model/topology";
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

/** What a program in a task connects as a fixed user with: those authorities, and the user's key by reference. */
export function connectionSecrets(
  { identity, environment }: Topology,
  cluster: ClusterTopology,
  user: string,
  keySecret: (key: string) => string,
): { NATS_CA: SecretVariable; NATS_CREDS?: SecretVariable; NATS_NKEY_SEED?: SecretVariable } {
  const login = { secret: keySecret(loginKey({ identity }, user)) };
  return {
    NATS_CA: internalAuthorities(environment, cluster),
    ...(identity.mode === "operator" ? { NATS_CREDS: login } : { NATS_NKEY_SEED: login }),
  };
}
