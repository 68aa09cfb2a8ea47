import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { encryptsBackups, type Topology } from "../../model/topology";
import { ensureBackupKey } from "./backup-key";
import { ClusterStore } from "./cluster-store";
import { importedBefore, importedTrust } from "./imported-trust";
import { byCluster, type KeySet, keySets } from "./key-sets";
import type { KeyStore } from "./key-store";
import { operatorTrust } from "./operator-trust";
import { previousKeys } from "./rotate";
import { ensurePair } from "./seeds";

export interface MadeKeys {
  trust: Trust;
  /** Names of keys that were not in the store before. */
  created: string[];
}

/**
 * Makes every key of the environment that the store does not hold yet, and the trust file of their public halves.
 * Idempotent: a JWT with unchanged claims is kept, so a second run changes nothing.
 *
 * @param previous trust file of the run before
 * @param imported operator to import; otherwise that of the run before, if it was imported
 * @param like trust file of an imported operator whose keys are elsewhere: an operator of one's own then says the same
 * @throws UserError when an imported operator does not have an account of the environment
 */
export async function makeKeys(
  topology: Topology,
  store: KeyStore,
  previous?: Trust,
  imported = importedBefore(previous),
  like?: Trust,
): Promise<MadeKeys> {
  const before = new Set(await store.list());
  const { environment, identity } = topology;
  // An operator's account lists its signing keys for every server, so there is nothing to tell clusters apart by.
  const isShared = imported !== undefined || like !== undefined;
  const { owner, others } = isShared ? { owner: undefined, others: [] } : keySets(topology, previous);
  const backupKey = encryptsBackups(topology) ? await ensureBackupKey(store) : previous?.backupKey;
  const sets: KeySet[] = [await ensureSet(topology, store, owner)];
  for (const cluster of others)
    sets.push(await ensureSet(topology, new ClusterStore(store, { cluster: owner }, cluster), cluster));
  const [first, ...rest] = sets as [KeySet, ...KeySet[]];
  const own = identity.users.filter(({ cluster }) => cluster === undefined).map(({ name }) => name);
  const trust: Trust = {
    environment,
    example: false,
    cluster: owner,
    ...publicHalves(first, Object.keys(first.users)),
    clusters: byCluster(rest, (set) => publicHalves(set, own)),
    accounts: {},
    authorities: previous?.authorities,
    backupKey,
  };
  if (imported) Object.assign(trust, await importedTrust(topology, store, first.users, imported, previous));
  else if (identity.mode === "operator")
    Object.assign(trust, await operatorTrust(topology, sets, trust, previous, like));
  const created = (await store.list()).filter((name) => !before.has(name));
  return { trust, created };
}

/** The keys of one cluster, made where they are missing; without a cluster those that all share. */
async function ensureSet(topology: Topology, store: KeyStore, cluster?: string): Promise<KeySet> {
  const { identity } = topology;
  const issuer = await ensurePair(store, "issuer", "account");
  const xkey = await ensurePair(store, "xkey", "curve");
  const users: Record<string, KeyPair> = {};
  const services = Object.keys(identity.services).map((name) => `service-${name}`);
  for (const name of [...identity.users.map(({ name }) => name), ...services])
    users[name] = await ensurePair(store, `user-${name}`, "user");
  return { cluster, store, issuer, xkey, users, previous: await previousKeys(topology, store) };
}

const publicHalves = ({ issuer, xkey, users, previous }: KeySet, names: readonly string[]) => ({
  issuer: issuer.getPublicKey(),
  xkey: xkey.getPublicKey(),
  users: Object.fromEntries(names.map((name) => [name, users[name]?.getPublicKey() ?? ""])),
  previous,
});
