import { ports } from "../ports";
import type { PlatformModel, PlatformOf } from "./model";
import { containerPaths } from "./paths";

type Hosts = PlatformOf<"hosts">;

const internalDomain = (environment: string, platform: Hosts) =>
  platform.internalDomain ?? `${environment}.mesh.internal`;

/** Servers on machines of one's own, one each, joined by a WireGuard mesh. */
export const hostsModel: PlatformModel<Hosts> = {
  size: ({ hosts }) => hosts.length,
  internalDomain,
  // Servers are named after their machines.
  names: ({ environment, cluster }, platform) => {
    const servers = platform.hosts.map(({ name }) => `${cluster}-${name}`);
    const zone = internalDomain(environment, platform);
    return {
      servers,
      hosts: servers.map((server) => `${server}.${zone}`),
      internal: [],
      public: platform.domain && `nats.${platform.domain}`,
    };
  },
  ports,
  // Clients and leaf nodes reach the machines at their own addresses.
  exposure: () => "public",
  network: () => undefined,
  signer: "local",
  renewsFromVault: false,
  publicName: { signer: "acme", servedBy: "servers" },
  region: () => undefined,
  commandLineUsers: () => [],
  tags: ({ hosts }, ordinal) => hosts[ordinal]?.tags ?? [],
  zoneSizes: () => undefined,
  knowsZones: true,
  reloads: () => true,
  machines: ({ hosts }) => hosts,
  changes: {
    kind: "recreate",
    runtime: "restart",
    domain: "around",
    internalDomain: "compared",
    mesh: "restart",
    // Each machine is a server, compared by its name.
    hosts: "compared",
  },
  ofServers: (platform) => platform,
  memoryBytes: () => undefined,
  disk: () => undefined,
  hasRegionalDisks: () => false,
  stopTime: () => undefined,
  backups: () => ({ folder: "machine" }),
  paths: containerPaths,
  images: () => [],
  shares: () => undefined,
  sharedStack: () => undefined,
  stacks: () => [],
};
