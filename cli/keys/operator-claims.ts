import { isDeepStrictEqual } from "node:util";
import { type Account, type Activation, decode, encodeActivation, type Operator } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { isPublicKey } from "../../runtime/nkeys/nkey";

/** Claims without what is each operator's own: accounts stand by name, and tokens of imports by what they allow. */
export type NeutralClaims = Record<string, unknown> & { exports?: Shared[]; imports?: Shared[] };
type Shared = Record<string, unknown> & { type: string; subject: string; account?: string; token?: unknown };

const accountNamed = (name: string) => `account ${name}`;

/** Of an account, without the callout's part and natsform's own signing key, which every trust file has its own of. */
export function accountClaims(trust: Trust, name: string): NeutralClaims {
  const account = trust.accounts[name];
  const { exp, nats } = decode<Account>(account?.jwt ?? "");
  const { type: _, version: __, authorization: ___, imports, signing_keys = [], ...rest } = nats as Account;
  const named = Object.entries(trust.accounts).reduce(
    (text, [other, { publicKey }]) => text.replaceAll(publicKey, accountNamed(other)),
    JSON.stringify({
      ...rest,
      ...(exp !== undefined && { exp }),
      ...(imports && { imports: imports.map((one) => ({ ...one, token: one.token && allowed(one.token) })) }),
      signing_keys: signing_keys.filter((key) => !ownKeys(trust, name).includes(key)),
    }),
  );
  return JSON.parse(named) as NeutralClaims;
}

const ownKeys = (trust: Trust, name: string): unknown[] => [
  trust.accounts[name]?.signingKey,
  trust.previous?.[`signing-${name}`],
];

function allowed(token: string): Pick<Activation, "subject" | "kind"> {
  const { subject = "", kind } = decode<Activation>(token).nats;
  return { subject, kind };
}

/** Of the operator, without its keys. */
export function operatorClaims({ operator }: Trust): NeutralClaims {
  const {
    type: _,
    version: __,
    system_account: ___,
    signing_keys: ____,
    ...rest
  } = decode<Operator>(operator?.jwt ?? "").nats as Operator;
  return rest as NeutralClaims;
}

/**
 * The claims for another operator's account. What it imports from accounts that the other one does not have is left out:
 * a server would look for them in vain.
 *
 * @param accounts key pairs of the other operator, by account name
 */
export async function claimsFor(
  name: string,
  claims: NeutralClaims,
  accounts: Readonly<Record<string, KeyPair>>,
): Promise<Record<string, unknown>> {
  const pairOf = (account: unknown) => Object.entries(accounts).find(([other]) => accountNamed(other) === account)?.[1];
  const keyed = <T>(value: T): T =>
    JSON.parse(
      Object.entries(accounts).reduce(
        (text, [other, pair]) => text.replaceAll(`"${accountNamed(other)}"`, `"${pair.getPublicKey()}"`),
        JSON.stringify(value),
      ),
    );
  const imports = await Promise.all(
    (claims.imports ?? []).flatMap((one) => {
      const exporter = pairOf(one.account);
      return exporter ? [tokenized(one, accounts[name], exporter)] : [];
    }),
  );
  return keyed({ ...claims, ...(imports.length > 0 ? { imports } : { imports: undefined }) });
}

async function tokenized(one: Shared, importer: KeyPair | undefined, exporter: KeyPair): Promise<Shared> {
  if (one.token === undefined || importer === undefined) return one;
  const { subject, kind = "service" } = one.token as Pick<Activation, "subject" | "kind">;
  return { ...one, token: await encodeActivation(subject, importer, exporter, kind, { subject }) };
}

/** A claim that is another one or missing. */
export interface Difference {
  /** Place and claim, in words. */
  what: string;
  /** It cannot be the same: it is about accounts of elsewhere, or about how an operator keeps its keys. */
  unavoidable?: true;
}

function claimDifferences(theirs: NeutralClaims, ours: NeutralClaims): Difference[] {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return keys.flatMap((key): Difference[] => {
    const [a, b] = [theirs[key], ours[key]];
    if (isDeepStrictEqual(a, b)) return [];
    if (key !== "imports" && key !== "exports") return [{ what: key }];
    return [...lacking("no", key, theirs[key], ours[key]), ...lacking("another", key, ours[key], theirs[key])];
  });
}

const lacking = (how: string, key: string, list: readonly Shared[] = [], other: readonly Shared[] = []) =>
  list
    .filter((one) => !other.some((same) => isDeepStrictEqual(one, same)))
    .map(({ type, subject, account }): Difference => {
      const what = `${how} ${key.slice(0, -1)} of ${type} ${subject}${account ? ` from ${account}` : ""}`;
      return isPublicKey("A", account ?? "") ? { what, unavoidable: true } : { what };
    });

/** What the accounts and the operator of one trust file say, and those of another do not. */
export function trustDifferences(theirs: Trust, ours: Trust): Difference[] {
  const operator = claimDifferences(operatorClaims(theirs), operatorClaims(ours)).map(
    ({ what }): Difference =>
      // An operator that signs with its own key cannot be strict about signing keys.
      ({ what: `operator: ${what}`, ...(what === "strict_signing_key_usage" && { unavoidable: true }) }),
  );
  const accounts = Object.keys(ours.accounts).flatMap((name) => {
    if (!theirs.accounts[name]) return [{ what: `${name}: is not there` }];
    const differences = claimDifferences(accountClaims(theirs, name), accountClaims(ours, name));
    return differences.map((one) => ({ ...one, what: `${name}: ${one.what}` }));
  });
  return [...operator, ...accounts];
}
