import type { Environment } from "../config";
import { authoritiesOf } from "./authorities";
import { backlogsOf } from "./backlog";
import { fleetOf } from "./fleet";
import { buildHttpGateway } from "./http-gateway";
import { hasRenewalJob } from "./identity";
import { linksOf } from "./links";
import type { Certificate, CertificateId, ClusterTopology, JetStreamTopology, Listener, ServerTopology } from "./model";
import type { ClusterNames } from "./names";
import { platformModel } from "./platform-models";
import { signerOf } from "./signer";

type Cluster = Environment["clusters"][string];

/** Servers, listeners and certificates of one cluster. */
export function buildCluster(env: Environment, name: string, cluster: Cluster): ClusterTopology {
  const environment = env.name;
  const { platform } = cluster;
  const model = platformModel(platform);
  const size = model.size(platform, cluster.size);
  const names = model.names({ environment, cluster: name, size }, platform);
  const certificates = buildCertificates(cluster, names, size);
  return {
    name,
    natsName: cluster.natsName ?? `${environment}-${name}`,
    platform,
    jetstream: buildJetStream(name, cluster),
    renewsByJob: hasRenewalJob(cluster),
    servers: names.servers.map((server, ordinal) => buildServer(server, ordinal, names, cluster)),
    listeners: buildListeners(cluster, names, size),
    certificates,
    authorities: authoritiesOf(cluster, certificates),
    websocket: cluster.websocket,
    httpGateway: cluster.httpGateway && buildHttpGateway(name, cluster.httpGateway),
    fleet: fleetOf(env, name),
    backlogs: backlogsOf(env, name),
    leafHub: cluster.leafHub,
    leafLinks: linksOf(env, name),
    leafAddress: cluster.leafAddress,
    foreignLeafs: Object.keys(cluster.foreignLeafs).map((leaf) => ({ name: leaf, links: linksOf(env, leaf) })),
    backup: cluster.backup && {
      schedule: cluster.backup.schedule,
      to: cluster.backup.to,
      retentionMs: cluster.backup.retention,
      drill: cluster.backup.drill || undefined,
      encrypt: cluster.backup.encrypt,
      kmsKey: cluster.backup.kmsKey,
      region: cluster.backup.region,
    },
  };
}

function buildServer(server: string, ordinal: number, names: ClusterNames, cluster: Cluster): ServerTopology {
  const tags = [...cluster.tags, ...platformModel(cluster.platform).tags(cluster.platform, ordinal)];
  return { name: server, ordinal, host: names.hosts[ordinal] ?? "", tags: [...new Set(tags)] };
}

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

/** False where an Ingress ends the public name's TLS: servers then serve internal names alone. */
const servesPublicName = ({ platform }: Cluster, names: ClusterNames) =>
  names.public !== undefined && platformModel(platform).publicName.servedBy === "servers";

function buildListeners(cluster: Cluster, names: ClusterNames, size: number): Listener[] {
  const { ports, exposure } = platformModel(cluster.platform);
  const outside = exposure(cluster.platform);
  const forClients: CertificateId[] = servesPublicName(cluster, names) ? ["public", "internal"] : ["internal"];
  const listeners: Listener[] = [
    { name: "client", port: ports.client, certificates: forClients, verify: "none", exposure: outside },
    { name: "monitoring", port: ports.monitoring, certificates: [], verify: "none", exposure: "named" },
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
    listeners.push({
      name: "leafnodes",
      port: ports.leafnodes,
      certificates: ["leafnodes"],
      verify: "require",
      exposure: outside,
    });
  }
  if (cluster.websocket) {
    listeners.push({
      name: "websocket",
      port: ports.websocket,
      certificates: forClients,
      verify: "none",
      exposure: outside,
    });
  }
  return listeners;
}

function buildCertificates(cluster: Cluster, names: ClusterNames, size: number): Certificate[] {
  const model = platformModel(cluster.platform);
  const signer = signerOf(cluster);
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
    certificates.unshift({
      id: "public",
      issuer: "public",
      signer: model.publicName.signer,
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
