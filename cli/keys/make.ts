import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { encryptsBackups, type Topology } from "../../model/topology";
import { ensureBackupKey } from "./backup-key";
import { ensureCreds, keepSame } from "./creds";
import { importedBefore, importedTrust } from "./imported-trust";
import type { KeyStore } from "./key-store";
import { type OperatorKeys, signOperatorJwts } from "./operator-jwts";
import { previousKeys } from "./rotate";
import { previousOf } from "./rotated-keys";
import { ensurePair, pairOf } from "./seeds";

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
  const { identity, environment } = topology;
  const issuer = await ensurePair(store, "issuer", "account");
  const xkey = await ensurePair(store, "xkey", "curve");
  if (encryptsBackups(topology)) await ensureBackupKey(store);
  const users: Record<string, KeyPair> = {};
  for (const { name } of identity.users) users[name] = await ensurePair(store, `user-${name}`, "user");
  for (const name of Object.keys(identity.services)) {
    users[`service-${name}`] = await ensurePair(store, `user-service-${name}`, "user");
  }
  const rotating = await previousKeys(topology, store);
  const trust: Trust = {
    environment,
    example: false,
    issuer: issuer.getPublicKey(),
    xkey: xkey.getPublicKey(),
    users: Object.fromEntries(Object.entries(users).map(([name, pair]) => [name, pair.getPublicKey()])),
    previous: rotating,
    accounts: {},
    authorities: previous?.authorities,
  };
  if (identity.mode === "operator") {
    Object.assign(
      trust,
      imported
        ? await importedTrust(topology, store, users, imported, previous)
        : await operatorTrust(topology, store, { xkey, users, previous: rotating }, previous, like),
    );
  }
  const created = (await store.list()).filter((name) => !before.has(name));
  return { trust, created };
}

async function operatorTrust(
  topology: Topology,
  store: KeyStore,
  { xkey, users, previous: rotating }: Pick<OperatorKeys, "xkey" | "users" | "previous">,
  previous?: Trust,
  like?: Trust,
): Promise<Pick<Trust, "operator" | "accounts" | "sentinel">> {
  const { identity } = topology;
  const keys: OperatorKeys = {
    operator: await ensurePair(store, "operator", "operator"),
    accounts: {},
    signing: {},
    xkey,
    users,
    sentinel: await ensurePair(store, "user-sentinel", "user"),
    previous: rotating,
  };
  for (const { name } of identity.accounts) {
    keys.accounts[name] = await ensurePair(store, `account-${name}`, "account");
    const before = rotating?.[`signing-${name}`] && (await store.read(previousOf(`signing-${name}`)));
    keys.signing[name] = [await ensurePair(store, `signing-${name}`, "account"), ...(before ? [pairOf(before)] : [])];
  }
  const signed = await signOperatorJwts(topology, keys, like);
  for (const user of identity.users)
    await ensureCreds(store, user, { pair: users[user.name], signer: keys.accounts[user.account] });
  return {
    operator: {
      publicKey: keys.operator.getPublicKey(),
      jwt: keepSame(previous?.operator?.jwt, signed.operator),
    },
    accounts: Object.fromEntries(
      identity.accounts.map(({ name }) => [
        name,
        {
          publicKey: keys.accounts[name]?.getPublicKey() ?? "",
          signingKey: keys.signing[name]?.[0]?.getPublicKey(),
          jwt: keepSame(previous?.accounts[name]?.jwt, signed.accounts[name] ?? ""),
        },
      ]),
    ),
    sentinel: keepSame(previous?.sentinel, signed.sentinel),
  };
}
