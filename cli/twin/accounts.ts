import { type Account, decode } from "@nats-io/jwt";
import type { Trust } from "../../model/config";
import { type ClusterTopology, trustOf } from "../../model/topology";
import { poll, runningProcess } from "../core/processes";
import { UserError } from "../core/project";
import { userClient } from "./connect";
import type { Twin } from "./context";
import { monitoring } from "./monitoring";

interface Accountz {
  account_detail?: { jwt?: string };
}

/** An account for which some servers still use an older JWT. */
export interface StaleAccount {
  account: string;
  jwt: string;
  servers: string[];
  /** What these have loaded, in their order. */
  loaded: string[];
}

/** Operator mode: accounts that running servers have loaded with another JWT than the trust file's. */
export async function staleAccounts(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<StaleAccount[]> {
  const stale: StaleAccount[] = [];
  const running = cluster.servers.map(({ name }) => name).filter((name) => runningProcess(twin.folder.server(name)));
  for (const [account, { publicKey, jwt }] of Object.entries(trustOf(trust, cluster.name).accounts)) {
    if (!jwt) continue;
    const servers: string[] = [];
    const older: string[] = [];
    for (const name of running) {
      const port = twin.ports.servers[name]?.monitoring ?? 0;
      const loaded = (await monitoring<Accountz>(port, `/accountz?acc=${publicKey}`))?.account_detail?.jwt;
      // A server reads an account from the configuration when it is first used.
      if (!loaded || loaded === jwt) continue;
      servers.push(name);
      older.push(loaded);
    }
    if (servers.length > 0) stale.push({ account, jwt, servers, loaded: older });
  }
  return stale;
}

/**
 * True when running servers still accept the old login of the responders beside the new one, and are about to forget it: a
 * rotation was finished. Responders that came in with the old one would all be gone at once.
 */
export async function forgetsOldLogin(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<boolean> {
  const { calloutAccount } = twin.topology.identity;
  const stale = (await staleAccounts(twin, cluster, trust)).find(({ account }) => account === calloutAccount);
  if (!stale) return false;
  const { responder = "" } = trustOf(trust, cluster.name).users;
  const wanted = authUsers(stale.jwt);
  return stale.loaded.every((jwt) => {
    const known = authUsers(jwt);
    return known.includes(responder) && known.some((user) => !wanted.includes(user));
  });
}

/** Users that come in without the callout. */
const authUsers = (jwt: string): string[] => decode<Account>(jwt).nats.authorization?.auth_users ?? [];

/**
 * Sends new account JWTs to running servers. A reload does not suffice: it stores those of `resolver_preload`, but a
 * server keeps using the JWT of each account that it has loaded before (2.14.5).
 *
 * @param skip account that is updated later
 */
export async function updateAccounts(twin: Twin, trust: Trust, skip?: string): Promise<void> {
  for (const cluster of twin.topology.clusters) {
    const find = async () => (await staleAccounts(twin, cluster, trust)).filter(({ account }) => account !== skip);
    const stale = await find();
    if (stale.length === 0) continue;
    const client = await userClient(twin, cluster, "sys");
    try {
      for (const { jwt } of stale) await client.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeoutMs: 10_000 });
    } finally {
      await client.close();
    }
    if (!(await poll(async () => (await find()).length === 0, 30_000))) {
      const names = (await find()).map(({ account, servers }) => `${account} on ${servers.join(", ")}`).join("; ");
      throw new UserError(`servers did not load the new account JWTs: ${names}`);
    }
  }
}
