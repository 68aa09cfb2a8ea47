import {
  type ClusterTopology,
  clusterOf,
  type ListenerName,
  platformModel,
  type ServerTopology,
  type SitePaths,
  type Topology,
} from "../../model/topology";

/** Addresses, ports and paths of one server: all that a platform, or the twin, decides about its configuration. */
export interface Site {
  /** Address that listeners bind to; without it, every address. */
  host?: string;
  ports: Record<ListenerName, number>;
  /** Routes to every server of the cluster, itself included, as the chart writes them. */
  routes: string[];
  /** URLs of the hub, by name of the hub cluster. */
  hubs: Record<string, string[]>;
  paths: SitePaths;
}

/** Ports as the listeners of the cluster state them. */
export function listenerPorts(cluster: ClusterTopology): Record<ListenerName, number> {
  const port = (name: ListenerName) => cluster.listeners.find((listener) => listener.name === name)?.port ?? 0;
  return {
    client: port("client"),
    routes: port("routes"),
    leafnodes: port("leafnodes"),
    monitoring: port("monitoring"),
    websocket: port("websocket"),
  };
}

const routeUrl = (server: ServerTopology, port: number) => `tls://${server.host}:${port}`;

/** The site of every server of a cluster on its platform; servers of one cluster differ in nothing here. */
export function platformSite(topology: Topology, cluster: ClusterTopology): Site {
  const ports = listenerPorts(cluster);
  return {
    ports,
    routes: cluster.servers.map((server) => routeUrl(server, ports.routes)),
    hubs: Object.fromEntries(cluster.leafLinks.map(({ hub }) => [hub, hubUrls(clusterOf(topology, hub))])),
    paths: platformModel(cluster.platform).paths,
  };
}

/** Leaf nodes come from elsewhere, so they dial the public name where there is one. */
export function hubUrls(hub: ClusterTopology): string[] {
  const port = listenerPorts(hub).leafnodes;
  const publicName = hub.leafAddress ?? hub.certificates.find(({ id }) => id === "public")?.names[0];
  return publicName ? [`tls://${publicName}:${port}`] : hub.servers.map((server) => routeUrl(server, port));
}
