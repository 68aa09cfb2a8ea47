import type { Trust } from "../../model/config";
import { type ClusterTopology, clusterOf } from "../../model/topology";
import type { Leafz } from "../../runtime/client/monitoring";
import { isLinked } from "../core/judge-servers";
import { poll } from "../core/processes";
import { UserError } from "../core/project";
import { allServers, type Twin } from "./context";
import { monitoring } from "./monitoring";

/** A link of a leaf node; `server` is the hub's server at its other end, `undefined` while it is down. */
export interface LeafLinkState {
  hub: string;
  account: string;
  server: string | undefined;
}

/** Each link as its hub reports it: only the hub knows the account of the link's login. */
export function leafLinks(
  { topology, ports }: Twin,
  cluster: ClusterTopology,
  leafNode: string,
  trust: Trust,
): Promise<LeafLinkState[]> {
  return Promise.all(
    cluster.leafLinks.map(async ({ hub, account }) => {
      for (const { name } of clusterOf(topology, hub).servers) {
        const leafz = await monitoring<Leafz>(ports.servers[name]?.monitoring ?? 0, "/leafz");
        if (leafz && isLinked([leafz], leafNode, account, trust)) return { hub, account, server: name };
      }
      return { hub, account, server: undefined };
    }),
  );
}

/**
 * Waits until every leaf node is linked: one that lost its hub reconnects by itself, but only every second or two.
 *
 * @returns how many links there are
 * @throws UserError when a link is still down after `timeoutMs`
 */
export async function leafLinksReady(twin: Twin, trust: Trust, timeoutMs: number): Promise<number> {
  const leafNodes = allServers(twin.topology).filter(({ cluster }) => cluster.leafLinks.length > 0);
  const links = await Promise.all(
    leafNodes.map(async ({ cluster, server }) => {
      let states: LeafLinkState[] = [];
      const linked = await poll(async () => {
        states = await leafLinks(twin, cluster, server.name, trust);
        return states.every((link) => link.server !== undefined);
      }, timeoutMs);
      if (linked) return states.length;
      const down = states.filter((link) => link.server === undefined).map(({ hub, account }) => `${account} to ${hub}`);
      throw new UserError(
        `${server.name} has no link of account ${down.join(", ")} after ${timeoutMs / 1000} s`,
        `see ${twin.folder.server(server.name).log}, and the logs of the hub's servers`,
      );
    }),
  );
  return links.reduce((sum, count) => sum + count, 0);
}
