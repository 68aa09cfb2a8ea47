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

/** Names of servers that are told apart by their ordinal alone. */
export const ordinals = (cluster: string, size: number): string[] =>
  Array.from({ length: size }, (_, i) => `${cluster}-${i}`);
