import type { ClusterState } from "./state";

/**
 * The order in which servers are restarted: first who does not serve, since the others wait for it; last the leader of the meta
 * group, so that it moves once.
 */
export function rollOrder(wanted: readonly string[], { servers, meta }: ClusterState): string[] {
  const rank = (name: string): number => {
    const state = servers.find((server) => server.name === name);
    if (!state?.runs || state.wrong !== undefined || state.cutOffFrom.length > 0) return 0;
    return name === meta?.leader ? 2 : 1;
  };
  return wanted.toSorted((a, b) => rank(a) - rank(b));
}
