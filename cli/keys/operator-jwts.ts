import { type Account, encodeAccount, encodeOperator, encodeUser } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { type AccountTopology, isLandingAccount, type Topology } from "../../model/topology";
import { accountClaims, claimsFor, type NeutralClaims, operatorClaims } from "./operator-claims";
import { sharingClaims } from "./sharing-claims";

export interface OperatorKeys {
  operator: KeyPair;
  /** By account name. */
  accounts: Record<string, KeyPair>;
  /** By account name: the current one, and during a rotation the one before. */
  signing: Record<string, KeyPair[]>;
  xkey: KeyPair;
  /** By name of the fixed user. */
  users: Record<string, KeyPair>;
  sentinel: KeyPair;
  /** By name of the key: public halves that are still accepted while a rotation is not finished. */
  previous?: Record<string, string>;
  /** Public halves of users that servers refuse although an account's own key has signed their JWTs. */
  refused: readonly string[];
}

export interface OperatorJwts {
  operator: string;
  accounts: Record<string, string>;
  sentinel: string;
}

/** Here the operator and the accounts sign themselves, which a strict one forbids. */
const withoutStrictness = ({ strict_signing_key_usage: _, ...claims }: NeutralClaims) => claims;

const unlimited = -1;

/** A user is revoked for JWTs of before this time, in seconds: those of the year 9999 are too. */
const forever = 253_402_300_799;

/** Explicit limits of an account: without them the server assumes zeros, and no client can connect. */
function limits({ jetstream, limits }: AccountTopology): Partial<Account>["limits"] {
  const base = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
  if (!jetstream) return base as Partial<Account>["limits"];
  return {
    ...base,
    mem_storage: limits.maxMemoryBytes ?? unlimited,
    disk_storage: limits.maxFileBytes ?? unlimited,
    streams: limits.maxStreams ?? unlimited,
    consumer: limits.maxConsumers ?? unlimited,
  } as Partial<Account>["limits"];
}

/**
 * Everything an operator signs: itself, each account, and the bearer user that leads clients to the callout.
 *
 * @param like trust file of an imported operator, whose claims are taken over in place of those of the environment
 */
export async function signOperatorJwts(
  { identity }: Topology,
  keys: OperatorKeys,
  like?: Trust,
): Promise<OperatorJwts> {
  const pub = (pair: KeyPair | undefined, what: string): string => {
    if (!pair) throw new Error(`no key for ${what}`);
    return pair.getPublicKey();
  };
  const accounts: Record<string, string> = {};
  for (const account of identity.accounts) {
    const pair = keys.accounts[account.name];
    if (!pair) throw new Error(`no key for account ${account.name}`);
    const { exp, signing_keys, ...claims } = like?.accounts[account.name]
      ? await claimsFor(account.name, accountClaims(like, account.name), keys.accounts)
      : { limits: limits(account), ...(await sharingClaims(account, identity.accounts, keys.accounts)) };
    const own = (keys.signing[account.name] ?? []).map((signing) => signing.getPublicKey());
    if (keys.refused.length > 0)
      claims.revocations = {
        ...Object.fromEntries(keys.refused.map((key) => [key, forever])),
        ...(claims.revocations as Account["revocations"]),
      };
    claims.signing_keys = [...own, ...((signing_keys as Account["signing_keys"]) ?? [])];
    if (account.name === identity.calloutAccount) {
      claims.authorization = {
        auth_users: identity.users
          .filter((user) => user.account === account.name)
          .flatMap(({ name }) => [pub(keys.users[name], name), keys.previous?.[`user-${name}`]])
          .filter((key) => key !== undefined),
        allowed_accounts: identity.accounts
          .filter(({ name }) => isLandingAccount(identity, name))
          .map(({ name }) => pub(keys.accounts[name], name)),
        xkey: keys.xkey.getPublicKey(),
      };
    }
    accounts[account.name] = await encodeAccount(account.name, pair, claims as Partial<Account>, {
      signer: keys.operator,
      exp: exp as number | undefined,
    });
  }
  const callout = keys.accounts[identity.calloutAccount];
  if (!callout) throw new Error("no key for the callout account");
  return {
    operator: await encodeOperator(identity.operatorName ?? "operator", keys.operator, {
      ...(like && withoutStrictness(operatorClaims(like))),
      system_account: pub(keys.accounts[identity.systemAccount], identity.systemAccount),
    }),
    accounts,
    sentinel: await encodeUser("sentinel", keys.sentinel, callout, {
      bearer_token: true,
      pub: { deny: [">"] },
      sub: { deny: [">"] },
    }),
  };
}
