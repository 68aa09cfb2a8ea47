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
export async function disconnectAdmitted(twin: Twin): Promise<number> {
  const { systemAccount, calloutAccount } = twin.topology.identity;
  let ended = 0;
  for (const cluster of twin.topology.clusters) {
    const client = twinClient(twin, cluster, { authentication: fixedUser(twin, cluster, "sys") });
    try {
      for (const { name } of cluster.servers) {
        const port = twin.ports.servers[name]?.monitoring ?? 0;
        const connz = await monitoring<Connz>(port, "/connz?auth=1&limit=65536");
        const own = (connz?.connections ?? []).filter(
          ({ account }) => account !== undefined && account !== systemAccount && account !== calloutAccount,
        );
        for (const { cid } of own) ended += await kick(client, connz?.server_id ?? "", cid);
      }
    } finally {
      await client.close();
    }
  }
  return ended;
}

async function kick(client: NatsClient, server: string, cid: number): Promise<number> {
  const answer = await client.request(`$SYS.REQ.SERVER.${server}.KICK`, JSON.stringify({ cid }));
  // Who has left meanwhile is not found: that is what was wanted.
  return answer.json<{ error?: object }>().error === undefined ? 1 : 0;
}
