import { relative } from "node:path";
import { type ClusterTopology, clusterOf, type ServerTopology, type Topology } from "../../model/topology";
import type { Site } from "../../templates/nats-conf";
import type { TwinFolder } from "../core/twin-folder";
import { loopback, type TwinPorts } from "./ports";

/** Addresses, ports and paths of a server on this machine: the only differences between the twin and a deployment. */
export function twinSite(
  topology: Topology,
  cluster: ClusterTopology,
  server: ServerTopology,
  ports: TwinPorts,
  folder: TwinFolder,
): Site {
  const own = ports.servers[server.name] ?? {};
  const files = folder.server(server.name);
  return {
    host: loopback,
    ports: {
      client: own.client ?? 0,
      routes: own.routes ?? 0,
      leafnodes: own.leafnodes ?? 0,
      monitoring: own.monitoring ?? 0,
      websocket: own.websocket ?? 0,
    },
    routes: urls(cluster, ports, "routes"),
    hubs: Object.fromEntries(
      cluster.leafLinks.map(({ hub }) => [hub, urls(clusterOf(topology, hub), ports, "leafnodes")]),
    ),
    paths: {
      pidFile: files.pidFile,
      storeDir: files.store,
      resolverDir: files.resolver,
      certificate: (id) => folder.certificate(cluster.name, id),
      ca: (issuer) => folder.trusted(issuer, cluster.name),
      credentials: (user) => folder.credentials(`${user}.creds`),
      seedInclude: (user) => relative(files.root, folder.credentials(`${user}.conf`)),
    },
  };
}

export const urls = (cluster: ClusterTopology, ports: TwinPorts, listener: "routes" | "leafnodes") =>
  cluster.servers.map(({ name }) => `tls://${loopback}:${ports.servers[name]?.[listener]}`);
