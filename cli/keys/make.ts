import { isDeepStrictEqual } from "node:util";
import { decode, encodeUser, fmtCreds } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../modules/config";
import type { Topology, UserTopology } from "../../modules/topology";
import { type OperatorKeys, signOperatorJwts } from "./operator-jwts";
import { ensurePair, pairOf } from "./seeds";
import type { KeyStore } from "./store";

export interface MadeKeys {
  trust: Trust;
  /** Names of keys that were not in the store before. */
  created: string[];
}

/**
 * Makes every key of the environment that the store does not hold yet, and the trust file of their public halves.
 * Idempotent: a JWT whose claims still say the same is kept, so that a second run changes nothing.
 *
 * @param previous trust file of the run before
 */
export async function makeKeys(topology: Topology, store: KeyStore, previous?: Trust): Promise<MadeKeys> {
  const before = new Set(await store.list());
  const { identity, environment } = topology;
  const issuer = await ensurePair(store, "issuer", "account");
  const xkey = await ensurePair(store, "xkey", "curve");
  const users: Record<string, KeyPair> = {};
  for (const { name } of identity.users) users[name] = await ensurePair(store, `user-${name}`, "user");
  for (const name of Object.keys(identity.services)) {
    users[`service-${name}`] = await ensurePair(store, `user-service-${name}`, "user");
  }
  const trust: Trust = {
    environment,
    example: false,
    issuer: issuer.getPublicKey(),
    xkey: xkey.getPublicKey(),
    users: Object.fromEntries(Object.entries(users).map(([name, pair]) => [name, pair.getPublicKey()])),
    accounts: {},
  };
  if (identity.mode === "operator") {
    Object.assign(trust, await operatorTrust(topology, store, { xkey, users }, previous));
  }
  const created = (await store.list()).filter((name) => !before.has(name));
  return { trust, created };
}

async function operatorTrust(
  topology: Topology,
  store: KeyStore,
  { xkey, users }: Pick<OperatorKeys, "xkey" | "users">,
  previous?: Trust,
): Promise<Pick<Trust, "operator" | "accounts" | "sentinel">> {
  const { identity } = topology;
  const keys: OperatorKeys = {
    operator: await ensurePair(store, "operator", "operator"),
    accounts: {},
    signing: {},
    xkey,
    users,
    sentinel: await ensurePair(store, "user-sentinel", "user"),
  };
  for (const { name } of identity.accounts) {
    keys.accounts[name] = await ensurePair(store, `account-${name}`, "account");
    const before = await store.read(`signing-${name}-previous`);
    keys.signing[name] = [await ensurePair(store, `signing-${name}`, "account"), ...(before ? [pairOf(before)] : [])];
  }
  const signed = await signOperatorJwts(topology, keys);
  for (const user of identity.users) await ensureCreds(store, user, keys);
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

/** The old JWT when it claims what the new one claims: signing anew would only change its date. */
function keepSame(old: string | undefined, fresh: string): string {
  if (old === undefined) return fresh;
  try {
    const [a, b] = [decode(old), decode(fresh)];
    const same = a.iss === b.iss && a.sub === b.sub && a.name === b.name && isDeepStrictEqual(a.nats, b.nats);
    return same ? old : fresh;
  } catch {
    return fresh;
  }
}

/** The login of a fixed user in operator mode: its JWT and seed, as one `.creds` text, kept with the keys. */
async function ensureCreds(store: KeyStore, user: UserTopology, keys: OperatorKeys): Promise<void> {
  const account = keys.accounts[user.account];
  const pair = keys.users[user.name];
  if (!account || !pair) throw new Error(`no keys for user ${user.name}`);
  const fresh = await encodeUser(user.name, pair, account, {
    pub: { ...user.permissions?.publish },
    sub: { ...user.permissions?.subscribe },
  });
  const name = `creds-${user.name}`;
  const stored = await store.read(name);
  const old = stored && /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(stored)?.[1];
  if (old && keepSame(old, fresh) === old) return;
  await store.write(name, new TextDecoder().decode(fmtCreds(fresh, pair)).trim());
}
