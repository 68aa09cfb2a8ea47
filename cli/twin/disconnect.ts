import type { Trust } from "../../model/config";
import { type ClusterTopology, trustOf } from "../../model/topology";
import type { NatsClient } from "../../runtime/client";
import { fixedUser, twinClient } from "./connect";
import type { Twin } from "./context";
import { monitoring } from "./monitoring";

interface Connz {
  server_id: string;
  connections?: { cid: number; kind?: string; account?: string; nkey?: string; authorized_user?: string }[];
}

/**
 * Ends the connections of everybody whom the callout admitted: they come back at once, with the rights that it gives now.
 * Users that servers know by themselves stay.
 *
 * @returns how many
 */
export async function disconnectAdmitted(twin: Twin, trust: Trust): Promise<number> {
  let ended = 0;
  for (const cluster of twin.topology.clusters) {
    const known = fixedKeys(twin, cluster, trust);
    const client = twinClient(twin, cluster, { authentication: fixedUser(twin, cluster, "sys") });
    try {
      for (const { name } of cluster.servers) {
        const port = twin.ports.servers[name]?.monitoring ?? 0;
        const connz = await monitoring<Connz>(port, "/connz?auth=1&limit=65536");
        const admitted = (connz?.connections ?? []).filter(
          ({ account, nkey = "", authorized_user = "" }) => account && !known.has(nkey) && !known.has(authorized_user),
        );
        for (const { cid } of admitted) ended += await kick(client, connz?.server_id ?? "", cid);
      }
    } finally {
      await client.close();
    }
  }
  return ended;
}

/** Public keys of the users that servers know by themselves: services are known to the callout. */
function fixedKeys({ topology }: Twin, cluster: ClusterTopology, trust: Trust): Set<string> {
  const { users } = trustOf(trust, cluster.name);
  return new Set(topology.identity.users.flatMap(({ name }) => users[name] ?? []));
}

async function kick(client: NatsClient, server: string, cid: number): Promise<number> {
  const answer = await client.request(`$SYS.REQ.SERVER.${server}.KICK`, JSON.stringify({ cid }));
  // Who has left meanwhile is not found: that is what was wanted.
  return answer.json<{ error?: object }>().error === undefined ? 1 : 0;
}
