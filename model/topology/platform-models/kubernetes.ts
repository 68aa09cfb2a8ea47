import { kubernetesNames } from "../kubernetes-names";
import type { CertificateId, ClusterTopology, Topology } from "../model";
import { type ClusterNames, ordinals } from "../names";
import { ports } from "../ports";
import type { ClusterStack } from "../stack";
import { streamAccounts } from "../streams";
import { kubernetesImages } from "./images";
import type { NamedCluster, PlatformModel, PlatformOf, SitePaths } from "./model";

type Kubernetes = PlatformOf<"kubernetes">;

const internalDomain = (_environment: string, { namespace, clusterDomain }: Kubernetes) =>
  `${namespace}.svc.${clusterDomain}`;

/** The chart's names with `fullnameOverride`: StatefulSet pods behind the headless service, and the service itself. */
function names({ environment, cluster, size }: NamedCluster, platform: Kubernetes): ClusterNames {
  const servers = ordinals(cluster, size);
  const zone = internalDomain(environment, platform);
  const { namespace, domain } = platform;
  return {
    servers,
    hosts: servers.map((server) => `${server}.${cluster}-headless.${zone}`),
    internal: [cluster, `${cluster}.${namespace}`, `${cluster}.${namespace}.svc`, `${cluster}.${zone}`],
    public: domain && `nats.${domain}`,
  };
}

/** The chart's mount points: a directory for each TLS block, and one for certification authorities. */
const folders: Record<CertificateId, string> = {
  public: "nats",
  internal: "nats",
  routes: "cluster",
  leafnodes: "leafnodes",
  "leaf-remote": "leaf-remote",
};
const chartPaths: SitePaths = {
  pidFile: "/var/run/nats/nats.pid",
  storeDir: "/data",
  resolverDir: "/data/resolver",
  certificate: (id) => ({
    cert: `/etc/nats-certs/${folders[id]}/tls.crt`,
    key: `/etc/nats-certs/${folders[id]}/tls.key`,
  }),
  ca: (issuer) => `/etc/nats-ca-cert/${issuer}.crt`,
  credentials: (user) => `/etc/nats-creds/${user}.creds`,
  seedInclude: (user) => `../nats-creds/${user}.conf`,
};

/** Whatever stands in the pod's template replaces the pods, one after another. */
const changes: PlatformModel<Kubernetes>["changes"] = {
  kind: "recreate",
  flavor: "recreate",
  namespace: "recreate",
  context: "around",
  authentication: "around",
  clusterDomain: "compared",
  domain: "around",
  // Another version's templates may write another pod.
  chart: "restart",
  images: "restart",
  zones: "restart",
  cpu: "restart",
  memory: "restart",
  ephemeralStorage: "restart",
  terminationGraceSeconds: "restart",
  reloader: "restart",
  monitoring: "restart",
  natsBox: "around",
  networkPolicies: "around",
  ingress: "around",
  ignoredMetadata: "around",
  backupAccess: "around",
  oidcAuthorities: "around",
};

/** Of monitoring the pod has the exporter alone, and of the images those of its containers. Values are compared by themselves. */
function ofServers({ chart, monitoring, images, ...rest }: Kubernetes): object {
  const { values: _, ...archive } = chart;
  const { nats, reloader, exporter } = images;
  return {
    ...rest,
    chart: archive,
    monitoring: { exporter: monitoring.exporter },
    images: { nats, reloader, exporter },
  };
}

/** They look nothing of each other up, so each can be planned at any time; what they wait for is there by their order. */
function stacks(topology: Topology, { name: cluster, backup, httpGateway, fleet }: ClusterTopology): ClusterStack[] {
  const ids = kubernetesNames(topology.environment, cluster);
  const own = { family: "kubernetes" as const, cluster, reads: [] };
  return [
    { ...own, id: ids.pkiStack, layer: "pki" },
    { ...own, id: ids.coreStack, layer: "core" },
    { ...own, id: ids.authStack, layer: "auth" },
    ...(streamAccounts(topology, cluster).length > 0
      ? [{ ...own, id: ids.streamsStack, layer: "streams" as const }]
      : []),
    ...(httpGateway || fleet.length > 0 ? [{ ...own, id: ids.servicesStack, layer: "services" as const }] : []),
    ...(backup ? [{ ...own, id: ids.backupStack, layer: "backup" as const }] : []),
  ];
}

/** Servers as pods of the official chart's StatefulSet. */
export const kubernetesModel: PlatformModel<Kubernetes> = {
  size: (_platform, configured) => configured,
  internalDomain,
  names,
  // The Ingress owns 443; the chart's own WebSocket port stays.
  ports: { ...ports, websocket: 8080 },
  // What is outside comes through an Ingress, which forwards HTTP alone.
  exposure: () => "internal",
  network: ({ flavor, context }) => `kubernetes ${flavor} ${context ?? ""}`,
  signer: "vault",
  renewsFromVault: true,
  publicName: { signer: "ingress", servedBy: "ingress" },
  region: () => undefined,
  commandLineUsers: ({ natsBox }) => natsBox?.users ?? [],
  tags: () => [],
  // The chart's spread constraint keeps the difference between zones at one server at most.
  zoneSizes: ({ zones }, servers) =>
    Array.from({ length: zones }, (_, zone) => Math.floor((servers + zones - 1 - zone) / zones)),
  // The scheduler chooses the zone of a pod.
  knowsZones: false,
  // Without it the chart writes the digest of the whole configuration to the pod.
  reloads: ({ reloader }) => reloader,
  machines: () => [],
  // `memory` follows the memory store in the chart's values.
  memoryBytes: () => undefined,
  disk: () => undefined,
  hasRegionalDisks: ({ flavor }) => flavor === "gke",
  stopTime: ({ terminationGraceSeconds }) => ({ setting: "terminationGraceSeconds", seconds: terminationGraceSeconds }),
  backups: ({ flavor, backupAccess }) => ({
    own: ({ gke: "gs", eks: "s3", generic: undefined } as const)[flavor],
    folder: backupAccess.claim === undefined ? "gone" : "volume",
  }),
  paths: chartPaths,
  changes,
  ofServers,
  images: kubernetesImages,
  shares: ({ context, authentication }) => JSON.stringify([context, authentication]),
  sharedStack: () => undefined,
  stacks,
};
