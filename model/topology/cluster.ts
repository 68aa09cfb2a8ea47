import type { Environment } from "../config";
import { leafUser } from "./identity";
import type {
  Certificate,
  CertificateId,
  ClusterTopology,
  JetStreamTopology,
  LeafLink,
  Listener,
  ServerTopology,
} from "./model";
import { type ClusterNames, clusterNames } from "./names";
import { kubernetesWebsocketPort, ports } from "./ports";

type Cluster = Environment["clusters"][string];

/** Servers, listeners and certificates of one cluster. */
export function buildCluster(environment: string, name: string, cluster: Cluster): ClusterTopology {
  const { platform } = cluster;
  const size = platform.kind === "hosts" ? platform.hosts.length : cluster.size;
  const names = clusterNames(environment, name, platform, size);
  return {
    name,
    natsName: cluster.natsName ?? `${environment}-${name}`,
    platform,
    jetstream: buildJetStream(name, cluster),
    servers: names.servers.map((server, ordinal) => buildServer(server, ordinal, names, cluster)),
    listeners: buildListeners(cluster, names, size),
    certificates: buildCertificates(cluster, names, size),
    websocket: cluster.websocket,
    leafHub: cluster.leafHub,
    leafLinks: buildLinks(name, cluster.leafOf?.cluster ?? "", cluster.leafOf?.accounts ?? []),
    leafAddress: cluster.leafAddress,
    foreignLeafs: Object.entries(cluster.foreignLeafs).map(([leaf, { accounts }]) => ({
      name: leaf,
      links: buildLinks(leaf, name, accounts),
    })),
    backup: cluster.backup && {
      schedule: cluster.backup.schedule,
      to: cluster.backup.to,
      retentionMs: cluster.backup.retention,
      drill: cluster.backup.drill || undefined,
      encrypt: cluster.backup.encrypt,
    },
  };
}

const buildLinks = (leaf: string, hub: string, accounts: readonly string[]): LeafLink[] =>
  accounts.map((account) => ({ hub, account, user: leafUser(leaf, account) }));

function buildServer(server: string, ordinal: number, names: ClusterNames, cluster: Cluster): ServerTopology {
  const { platform } = cluster;
  const own = [...cluster.tags];
  if (platform.kind === "hosts") own.push(...(platform.hosts[ordinal]?.tags ?? []));
  // A zone can be told at synthesis only where natsform itself places each server.
  if (platform.kind === "aws-ecs" || platform.kind === "aws-ec2") {
    own.push(`az:${platform.region}${serverZone(platform, ordinal)}`);
  }
  return { name: server, ordinal, host: names.hosts[ordinal] ?? "", tags: [...new Set(own)] };
}

/** Letter of the availability zone in which natsform places a server. */
export const serverZone = ({ zones }: { zones: readonly string[] }, ordinal: number): string =>
  zones[ordinal % zones.length] ?? "a";

function buildJetStream(name: string, { jetstream }: Cluster): JetStreamTopology | undefined {
  return (
    jetstream && {
      memoryBytes: jetstream.memory,
      fileBytes: jetstream.file,
      domain: jetstream.domain ?? name,
      // NATS's own two minutes lose minutes of acknowledged messages when the power fails everywhere at once.
      syncInterval: jetstream.durability === "durable" ? "always" : 1000,
      uniqueTag: jetstream.uniqueTag,
      maxOutstandingCatchupBytes: jetstream.maxOutstandingCatchup,
      maxConcurrentIo: jetstream.maxConcurrentIo,
    }
  );
}

const onKubernetes = (cluster: Cluster) => cluster.platform.kind === "kubernetes";
/** On Kubernetes the Ingress ends the public name's TLS, and servers serve internal names alone. */
const servesPublicName = (cluster: Cluster, names: ClusterNames) =>
  names.public !== undefined && !onKubernetes(cluster);

function buildListeners(cluster: Cluster, names: ClusterNames, size: number): Listener[] {
  const { platform } = cluster;
  const outside =
    "access" in platform && platform.access === "vpc" ? "internal" : onKubernetes(cluster) ? "internal" : "public";
  const forClients: CertificateId[] = servesPublicName(cluster, names) ? ["public", "internal"] : ["internal"];
  const listeners: Listener[] = [
    { name: "client", port: ports.client, certificates: forClients, verify: "none", exposure: outside },
    { name: "monitoring", port: ports.monitoring, certificates: [], verify: "none", exposure: "internal" },
  ];
  // A server alone has no routes: with one to itself it would count itself twice and wait for a quorum for ever.
  if (size > 1) {
    listeners.push({
      name: "routes",
      port: ports.routes,
      certificates: ["routes"],
      verify: "routes",
      exposure: "peers",
    });
  }
  if (cluster.leafHub) {
    const exposure = outside;
    listeners.push({
      name: "leafnodes",
      port: ports.leafnodes,
      certificates: ["leafnodes"],
      verify: "require",
      exposure,
    });
  }
  if (cluster.websocket) {
    const port = onKubernetes(cluster) ? kubernetesWebsocketPort : ports.websocket;
    listeners.push({ name: "websocket", port, certificates: forClients, verify: "none", exposure: outside });
  }
  return listeners;
}

function buildCertificates(cluster: Cluster, names: ClusterNames, size: number): Certificate[] {
  const signer = cluster.tls.issuer ?? defaultSigner(cluster);
  const ttlMs = cluster.tls.ttl;
  const certificates: Certificate[] = [
    {
      id: "internal",
      issuer: "internal",
      signer,
      names: [...names.hosts, ...names.internal],
      usages: ["server"],
      ttlMs,
    },
  ];
  // Both ends of a route present the same certificate, so it needs both usages; public authorities no longer give them.
  if (size > 1) {
    certificates.push({
      id: "routes",
      issuer: "routes",
      signer,
      names: names.hosts,
      usages: ["server", "client"],
      ttlMs,
    });
  }
  if (names.public) {
    const publicSigner = onKubernetes(cluster) ? "ingress" : "acme";
    certificates.unshift({
      id: "public",
      issuer: "public",
      signer: publicSigner,
      names: [names.public],
      usages: ["server"],
    });
  }
  if (cluster.leafHub) {
    const outside = [names.public, cluster.leafAddress].filter((name) => name !== undefined);
    const hubNames = [...new Set([...names.hosts, ...names.internal, ...outside])];
    certificates.push({
      id: "leafnodes",
      issuer: "leafnodes",
      signer,
      names: hubNames,
      usages: ["server", "client"],
      ttlMs,
    });
  }
  if (cluster.leafOf) {
    certificates.push({
      id: "leaf-remote",
      issuer: "leafnodes",
      signer,
      names: names.hosts,
      usages: ["client"],
      ttlMs,
    });
  }
  return certificates;
}

function defaultSigner({ platform }: Cluster): Certificate["signer"] {
  if (platform.kind === "kubernetes") return "vault";
  return platform.kind === "hosts" ? "local" : "certificate-manager";
}
