import type { z } from "zod";
import {
  awsClusterNames,
  awsNames,
  type Certificate,
  type ClusterTopology,
  peerAuthorities,
  platformModel,
  type Topology,
} from "../../model/topology";
import type {
  AgentCertificate,
  AgentCredential,
  AgentListener,
  CertificateAgentEnv,
} from "../../runtime/certificate-agent/env";
import type { ServerConfProps } from "../../templates/nats-conf";

/** Secret of a certificate: those of public names are named after the first of them, as in the first deployments. */
export function secretOfCertificate(environment: string, cluster: string, certificate: Certificate): string {
  const names = awsClusterNames(environment, cluster);
  const [first = ""] = certificate.names;
  return certificate.issuer === "public" ? names.domainSecret(first) : names.certificateSecret(certificate.id);
}

/**
 * Environment of the agent of a server. It holds names of secrets, never a secret.
 *
 * @param restartDigest of what is rendered: a task is replaced when it changes
 */
export function agentEnvironment(
  conf: ServerConfProps,
  bucket: string,
  restartDigest: string,
): z.input<typeof CertificateAgentEnv> {
  const { topology, cluster, server } = conf;
  const names = awsClusterNames(topology.environment, cluster.name);
  const certificates: AgentCertificate[] = cluster.certificates.map((certificate) => ({
    id: certificate.id,
    issuer: certificate.issuer,
    secret: secretOfCertificate(topology.environment, cluster.name, certificate),
    names: certificate.names,
  }));
  const listeners = cluster.listeners.flatMap(({ name, port, certificates: served }): AgentListener[] =>
    name === "monitoring" || served.length === 0 ? [] : [{ name, port, certificates: served }],
  );
  const credentials = leafCredentials(topology, cluster);
  const peers = peerAuthorities(topology, cluster, conf.trust.authorities);
  return {
    SERVER_NAME: server.name,
    CONFIG_BUCKET: bucket,
    CONFIG_KEY: names.configKey(server.name),
    CONFIG_DIGESTS: names.configDigests(server.name),
    RESTART_DIGEST: restartDigest,
    CERTIFICATES: JSON.stringify(certificates),
    LISTENERS: JSON.stringify(listeners),
    CREDENTIALS: credentials.length > 0 ? JSON.stringify(credentials) : undefined,
    AUTHORITIES: peers === "" ? undefined : JSON.stringify({ leafnodes: peers }),
  };
}

/** Secrets that the agents of a cluster read. */
export function serverSecrets(topology: Topology, cluster: ClusterTopology): string[] {
  const certificates = cluster.certificates.map((certificate) =>
    secretOfCertificate(topology.environment, cluster.name, certificate),
  );
  return [...certificates, ...leafCredentials(topology, cluster).map(({ secret }) => secret)];
}

/** Credentials of the servers at their hub: creds in operator mode, otherwise the seed. */
function leafCredentials({ environment, identity }: Topology, cluster: ClusterTopology): AgentCredential[] {
  const region = platformModel(cluster.platform).region(cluster.platform) ?? "";
  const { keySecret } = awsNames(environment, region);
  return cluster.leafLinks.map(({ user }) =>
    identity.mode === "operator"
      ? { file: `${user}.creds`, secret: keySecret(`creds-${user}`) }
      : { file: `${user}.conf`, secret: keySecret(`user-${user}`) },
  );
}
