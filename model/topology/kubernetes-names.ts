import type { CertificateId } from "./model";

/** Names of what natsform makes on Kubernetes for one cluster, in the cluster's namespace. */
export interface KubernetesClusterNames {
  /** Namespace, PKI and the containers of secrets: what outlives the servers. */
  pkiStack: string;
  coreStack: string;
  authStack: string;
  streamsStack: string;
  /** What requests come to: the HTTP gateway, and services of the environment. */
  servicesStack: string;
  backupStack: string;
  /** Release, StatefulSet, Service and the first part of every server's name. */
  release: string;
  callout: string;
  httpGateway: string;
  /** A service of the environment. */
  service(name: string): string;
  /** What counts the messages that wait for services of an account. */
  backlog(account: string): string;
  renewal: string;
  backup: string;
  /** ServiceAccount of what removes old backups. */
  prune: string;
  /** CronJobs of an account. */
  backupOf(account: string): string;
  drillOf(account: string): string;
  pruneOf(account: string): string;
  /** First part of the names of an account's Jobs, which end with a digest. */
  streams(account: string): string;
  certificates: ClusterSecrets;
}

export interface ClusterSecrets {
  /** Secret of a certificate: `tls.crt` and `tls.key`. */
  certificate(id: CertificateId): string;
  /** Certificates of the authorities, one key for each: `routes.crt`. */
  authorities: string;
  /** Secret of the credentials of programs and servers, by the names of `deployedSecrets`. */
  servers: string;
}

export const clusterSecrets = (cluster: string): ClusterSecrets => ({
  certificate: (id) => `${cluster}-${id}-tls`,
  authorities: `${cluster}-authorities`,
  servers: `${cluster}-keys`,
});

/** Accounts have names of NATS, objects of Kubernetes those of hosts. */
const inName = (account: string) => account.toLowerCase().replaceAll("_", "-");

export function kubernetesNames(environment: string, cluster: string): KubernetesClusterNames {
  const prefix = `${environment}-${cluster}`;
  return {
    pkiStack: `${prefix}-pki`,
    coreStack: `${prefix}-core`,
    authStack: `${prefix}-auth`,
    streamsStack: `${prefix}-streams`,
    servicesStack: `${prefix}-services`,
    backupStack: `${prefix}-backup`,
    release: cluster,
    callout: `${cluster}-auth-callout`,
    httpGateway: `${cluster}-http-gateway`,
    service: (name) => `${cluster}-service-${name}`,
    backlog: (account) => `${cluster}-backlog-${inName(account)}`,
    renewal: `${cluster}-certificate-renewal`,
    backup: `${cluster}-backup`,
    prune: `${cluster}-prune`,
    backupOf: (account) => `${cluster}-backup-${inName(account)}`,
    drillOf: (account) => `${cluster}-drill-${inName(account)}`,
    pruneOf: (account) => `${cluster}-prune-${inName(account)}`,
    streams: (account) => `${cluster}-streams-${inName(account)}`,
    certificates: clusterSecrets(cluster),
  };
}
