import { decode, encodeUser } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import { asSigned, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import { ensureCreds, keepSame, storedUserJwt } from "./creds";
import type { KeyStore } from "./key-store";
import { ensurePair } from "./seeds";

/** The operator of a trust file that was imported. */
export const importedBefore = (previous?: Trust): ImportedOperator | undefined =>
  previous?.imported && previous.operator ? { operator: previous.operator, accounts: previous.accounts } : undefined;

/**
 * Part of the trust file for an imported operator. Its JWTs stay unchanged; users without imported creds are signed by
 * natsform's own signing keys, which the operator's accounts list.
 *
 * @throws UserError when the operator lacks an account of the environment, or natsform may not sign for one
 */
export async function importedTrust(
  { identity, environment }: Topology,
  store: KeyStore,
  users: Readonly<Record<string, KeyPair>>,
  { operator, accounts }: ImportedOperator,
  previous?: Trust,
): Promise<Pick<Trust, "imported" | "operator" | "accounts" | "sentinel">> {
  const missing = identity.accounts.filter(({ name }) => !accounts[name]).map(({ name }) => name);
  if (missing.length > 0) {
    throw new UserError(
      `the operator that was imported has no account ${missing.join(", ")}`,
      `create it at the operator, then natsform keys import-operator ${environment}`,
    );
  }
  const signerOf = async (account: string) => {
    const { publicKey = "", signingKey } = accounts[account] ?? {};
    const pair = await ensurePair(store, `signing-${account}`, "account");
    return { issuerAccount: publicKey, signer: pair.getPublicKey() === signingKey ? pair : undefined };
  };
  for (const user of identity.users.map((one) => asSigned(identity, one))) {
    const keys = await signerOf(user.account);
    const stored = await storedUserJwt(store, user.name);
    const pair = users[user.name];
    // Signed by the operator's owners for this user: only they may change it.
    if (stored && isForeign(stored, pair?.getPublicKey(), keys)) continue;
    if (!keys.signer)
      throw new UserError(
        `natsform may not sign user ${user.name}`,
        `natsform keys import-operator ${environment} --creds ${user.name}=FILE`,
      );
    await ensureCreds(store, user, { pair, ...keys });
  }
  const callout = await signerOf(identity.calloutAccount);
  if (!callout.signer) throw new UserError(`natsform may not sign for account ${identity.calloutAccount}`);
  const sentinel = await encodeUser("sentinel", await ensurePair(store, "user-sentinel", "user"), callout.signer, {
    bearer_token: true,
    pub: { deny: [">"] },
    sub: { deny: [">"] },
    issuer_account: callout.issuerAccount,
  });
  const kept = identity.accounts.flatMap(({ name }) => (accounts[name] ? [[name, accounts[name]] as const] : []));
  return {
    imported: true,
    operator,
    accounts: Object.fromEntries(kept),
    sentinel: keepSame(previous?.sentinel, sentinel),
  };
}

function isForeign(jwt: string, user: string | undefined, keys: { issuerAccount: string; signer?: KeyPair }): boolean {
  const { sub, iss, nats } = decode<{ issuer_account?: string }>(jwt);
  const account = nats.issuer_account ?? iss;
  return sub === user && account === keys.issuerAccount && iss !== keys.signer?.getPublicKey();
}

/** Public halves and JWTs of an imported operator. */
export type ImportedOperator = Required<Pick<Trust, "operator" | "accounts">>;
