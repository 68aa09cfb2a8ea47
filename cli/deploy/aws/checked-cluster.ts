import type { ClusterTopology } from "../../../model/topology";

/** A cluster whose servers the deployment made. */
export interface CheckedCluster {
  cluster: ClusterTopology;
  region: string;
}
