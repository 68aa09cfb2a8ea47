import type { Topology } from "./model";

/** Accounts of a cluster that hold streams, each once. */
export const streamAccounts = (topology: Topology, cluster: string): string[] => [
  ...new Set(topology.streams.filter((stream) => stream.cluster === cluster).map(({ account }) => account)),
];
