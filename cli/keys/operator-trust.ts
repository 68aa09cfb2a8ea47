import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { asSigned, hasKeysOf, type Topology, trustOf, usersOf } from "../../model/topology";
import { ensureCreds, keepSame } from "./creds";
import { byCluster, type KeySet } from "./key-sets";
import { type OperatorKeys, signOperatorJwts } from "./operator-jwts";
import { previousOf } from "./rotated-keys";
import { ensurePair, pairOf } from "./seeds";

type OperatorPart = Pick<Trust, "operator" | "accounts" | "sentinel">;

/**
 * Part of the trust file for an operator of one's own. Accounts are the same everywhere, since streams belong to them; what
 * each cluster's servers are told of them names that cluster's signing keys and refuses the users of the others.
 *
 * @param sets the first has the plain names
 * @param trust public halves of the sets
 * @param previous trust file of the run before
 */
export async function operatorTrust(
  topology: Topology,
  sets: readonly KeySet[],
  trust: Trust,
  previous?: Trust,
  like?: Trust,
): Promise<OperatorPart & Pick<Trust, "revoked" | "clusters">> {
  const revoked = revokedUsers(trust, previous);
  const parts = new Map<KeySet, OperatorPart>();
  for (const set of sets) {
    const { cluster } = set;
    const known = previous && (cluster === undefined || hasKeysOf(previous, cluster)) ? previous : undefined;
    const seen = known && cluster !== undefined ? trustOf(known, cluster) : known;
    const strangers = [...usersOfOthers(topology, sets, set), ...revoked];
    parts.set(set, await partOf(topology, set, strangers, seen, like));
  }
  const accountsOf = (set: KeySet) =>
    Object.fromEntries(
      Object.entries(parts.get(set)?.accounts ?? {}).map(([name, { signingKey, jwt }]) => [name, { signingKey, jwt }]),
    );
  const [first, ...rest] = sets;
  return {
    ...(first && parts.get(first)),
    accounts: (first && parts.get(first)?.accounts) ?? {},
    clusters: byCluster(rest, (set) => ({ ...keysOf(trust, set), accounts: accountsOf(set) })),
    revoked: revoked.length > 0 ? revoked : undefined,
  };
}

function keysOf({ clusters = {} }: Trust, { cluster = "" }: KeySet) {
  const keys = clusters[cluster];
  if (!keys) throw new Error(`no keys of cluster ${cluster}`);
  return keys;
}

/** Public halves of the users that servers of other clusters know and those of this one do not. */
function usersOfOthers({ identity }: Topology, sets: readonly KeySet[], { cluster }: KeySet): string[] {
  if (cluster === undefined) return [];
  const of = ({ cluster: name = "", users, previous = {} }: KeySet) =>
    usersOf(identity, name)
      .flatMap((user) => [users[user.name]?.getPublicKey() ?? [], previous[`user-${user.name}`] ?? []])
      .flat();
  const own = sets.filter((set) => set.cluster === cluster).flatMap(of);
  return [...new Set(sets.flatMap(of))].filter((key) => !own.includes(key));
}

/** Public halves of all users whose JWTs an account's own key has signed; services have none. */
function signedUsers(trust: Trust): string[] {
  return [trust, ...Object.values(trust.clusters ?? {})].flatMap(({ users, previous = {} }) => [
    ...Object.entries(users).flatMap(([name, key]) => (name.startsWith("service-") ? [] : [key])),
    ...Object.entries(previous).flatMap(([name, key]) => (name.startsWith("user-") ? [key] : [])),
  ]);
}

/** Users of the trust file before that are gone: rotated, or of a cluster or leaf that is no more. */
function revokedUsers(trust: Trust, before?: Trust): string[] {
  const current = signedUsers(trust);
  const known = before ? [...(before.revoked ?? []), ...signedUsers(before)] : [];
  return [...new Set(known)].filter((key) => !current.includes(key));
}

async function partOf(
  topology: Topology,
  { store, xkey, users, previous: rotating }: KeySet,
  refused: readonly string[],
  previous?: Trust,
  like?: Trust,
): Promise<OperatorPart> {
  const { identity } = topology;
  const keys: OperatorKeys = {
    operator: await ensurePair(store, "operator", "operator"),
    accounts: {},
    signing: {},
    xkey,
    users,
    sentinel: await ensurePair(store, "user-sentinel", "user"),
    previous: rotating,
    refused,
  };
  for (const { name } of identity.accounts) {
    keys.accounts[name] = await ensurePair(store, `account-${name}`, "account");
    const before = rotating?.[`signing-${name}`] && (await store.read(previousOf(`signing-${name}`)));
    keys.signing[name] = [await ensurePair(store, `signing-${name}`, "account"), ...(before ? [pairOf(before)] : [])];
  }
  const signed = await signOperatorJwts(topology, keys, like);
  for (const user of identity.users.map((one) => asSigned(identity, one)))
    await ensureCreds(store, user, { pair: users[user.name], signer: keys.accounts[user.account] });
  const publicKey = (pair: KeyPair | undefined) => pair?.getPublicKey() ?? "";
  return {
    operator: {
      publicKey: publicKey(keys.operator),
      jwt: keepSame(previous?.operator?.jwt, signed.operator),
    },
    accounts: Object.fromEntries(
      identity.accounts.map(({ name }) => [
        name,
        {
          publicKey: publicKey(keys.accounts[name]),
          signingKey: keys.signing[name]?.[0]?.getPublicKey(),
          jwt: keepSame(previous?.accounts[name]?.jwt, signed.accounts[name] ?? ""),
        },
      ]),
    ),
    sentinel: keepSame(previous?.sentinel, signed.sentinel),
  };
}
