/** Names that a cluster's servers answer to: the same functions for certificates, routes and resources. */
export interface ClusterNames {
  /** Server names, by ordinal. */
  servers: string[];
  /** Hosts that routes dial, by ordinal. */
  hosts: string[];
  /** Further names of the client listener inside the platform. */
  internal: string[];
  /** Public name of the client listener; none when no client outside of the platform is served. */
  public?: string;
}

/** Names of servers that differ by their ordinal alone. */
export const ordinals = (cluster: string, size: number): string[] =>
  Array.from({ length: size }, (_, i) => `${cluster}-${i}`);
