import type { SigningKey } from "../nkeys/nkey";
import type { AuthRules } from "./rules";

/** Keys with which one request is answered. */
export interface AnswerKeys {
  /** Signs the answer. */
  envelope: SigningKey;
  /** The account that `envelope` is a signing key of, where it is not the account's own key. */
  envelopeAccount?: string;
}

/** Keys that sign for a deployment, whatever its identity mode. */
export interface Issuers {
  /** The keys that the addressee of a request expects; undefined when another issuer is addressed. */
  answering(addressee: string): AnswerKeys | undefined;
  /** Keys for denials of requests that were addressed to another issuer. */
  current: AnswerKeys;
  /** Signer of a user of that account of the rules, with the fields that place the user there. */
  userOf(account: string, keys: AnswerKeys): { signer: SigningKey; audience?: string; issuerAccount?: string };
}

/** Accounts of the rules without a seed of their signer, in operator mode. */
export function accountsWithoutSigner(rules: AuthRules, keys: readonly SigningKey[]): string[] {
  if (rules.mode !== "operator") return [];
  const known = new Set(keys.map(({ publicKey }) => publicKey));
  return Object.entries(rules.accounts)
    .filter(([, { id, signer }]) => !known.has(signer ?? id))
    .map(([name]) => name);
}

/**
 * @param keys at least one; the first is the current issuer (configuration mode) or signs for the callout account
 * @param calloutAccount in operator mode the public key that requests are addressed to
 * @throws Error when there is no key, or none for an account of the rules
 */
export function buildIssuers(rules: AuthRules, calloutAccount: string, keys: readonly SigningKey[]): Issuers {
  const [first] = keys;
  if (!first) throw new Error("at least one issuer seed is needed");
  const byPublicKey = new Map(keys.map((key) => [key.publicKey, key]));
  const keyless = accountsWithoutSigner(rules, keys);
  if (keyless.length > 0) throw new Error(`no issuer seed is the signer of ${keyless.join(", ")}`);
  const landing = (account: string) => {
    const target = rules.accounts[account];
    if (!target) throw new Error(`the rules have no account ${account}`);
    return target;
  };

  if (rules.mode === "callout")
    return {
      // The request names the issuer that its server trusts: during a rotation servers differ.
      answering: (addressee) => asEnvelope(byPublicKey.get(addressee)),
      current: { envelope: first },
      userOf: (account, { envelope }) => ({ signer: envelope, audience: landing(account).id }),
    };

  const own = byPublicKey.get(calloutAccount);
  const current = own ? { envelope: own } : { envelope: first, envelopeAccount: calloutAccount };
  return {
    answering: (addressee) => (addressee === calloutAccount ? current : undefined),
    current,
    userOf: (account) => {
      const { id, signer = id } = landing(account);
      const key = byPublicKey.get(signer);
      if (!key) throw new Error(`no issuer seed is the signer of ${account}`);
      return { signer: key, ...(signer !== id && { issuerAccount: id }) };
    },
  };
}

const asEnvelope = (envelope: SigningKey | undefined) => envelope && { envelope };
