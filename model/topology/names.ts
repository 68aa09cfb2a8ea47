import type { Platform } from "../config";

/** Names that a cluster's servers answer to: the same functions for certificates, routes and resources. */
export interface ClusterNames {
  /** Server names, by ordinal. */
  servers: string[];
  /** What routes dial, by ordinal. */
  hosts: string[];
  /** Further names of the client listener inside the platform. */
  internal: string[];
  /** Name of the client listener for the public; none when nobody outside is served. */
  public?: string;
}

/** The zone in which servers find each other. */
export function internalDomain(environment: string, platform: Platform): string {
  switch (platform.kind) {
    case "aws-ecs":
    case "aws-ec2":
      return platform.internalDomain ?? `cloudmap.${platform.domain}.internal`;
    case "hosts":
      return platform.internalDomain ?? `${environment}.mesh.internal`;
    case "kubernetes":
      return `${platform.namespace}.svc.${platform.clusterDomain}`;
  }
}

/** Names of a cluster of `size` servers. On hosts, servers are named after their machines; elsewhere by ordinal. */
export function clusterNames(environment: string, cluster: string, platform: Platform, size: number): ClusterNames {
  const zone = internalDomain(environment, platform);
  const publicName = platform.domain && `nats.${platform.domain}`;
  switch (platform.kind) {
    case "aws-ecs":
    case "aws-ec2": {
      const servers = ordinals(cluster, size);
      return { servers, hosts: servers.map((server) => `${server}.${zone}`), internal: [], public: publicName };
    }
    case "kubernetes": {
      // The chart's names with `fullnameOverride`: StatefulSet pods behind the headless service, and the service itself.
      const servers = ordinals(cluster, size);
      const { namespace } = platform;
      return {
        servers,
        hosts: servers.map((server) => `${server}.${cluster}-headless.${zone}`),
        internal: [cluster, `${cluster}.${namespace}`, `${cluster}.${namespace}.svc`, `${cluster}.${zone}`],
        public: publicName,
      };
    }
    case "hosts": {
      const servers = platform.hosts.map(({ name }) => `${cluster}-${name}`);
      return { servers, hosts: servers.map((server) => `${server}.${zone}`), internal: [], public: publicName };
    }
  }
}

const ordinals = (cluster: string, size: number) => Array.from({ length: size }, (_, i) => `${cluster}-${i}`);
