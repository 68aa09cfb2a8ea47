import type { Trust } from "../../model/config";
import type { ClusterTopology, ServerTopology } from "../../model/topology";
import { serverConf } from "../../templates";
import type { ConfObject } from "../../templates/nats-conf";
import type { Twin } from "./context";
import { twinSite } from "./site";

/** The configuration of a server of the twin. */
export function twinConf(twin: Twin, cluster: ClusterTopology, server: ServerTopology, trust: Trust): ConfObject {
  const { topology, ports, folder } = twin;
  return serverConf({ topology, cluster, server, trust, site: twinSite(topology, cluster, server, ports, folder) });
}
