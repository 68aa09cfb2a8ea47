import { isDeepStrictEqual } from "node:util";
import { type Account, type ClaimsData, decode, encodeUser, fmtCreds } from "@nats-io/jwt";
import type { KeyPair } from "nkeys.js";
import type { UserTopology } from "../../model/topology";
import type { KeyStore } from "./key-store";

/** The old JWT when both have the same claims: a new signature would only change its date. */
export function keepSame(old: string | undefined, fresh: string): string {
  if (old === undefined) return fresh;
  try {
    const [a, b] = [decode<Account>(old), decode<Account>(fresh)];
    const same = (["iss", "sub", "name", "exp"] as const).every((claim) => a[claim] === b[claim]);
    return same && isDeepStrictEqual(undated(a.nats), undated(b.nats)) ? old : fresh;
  } catch {
    return fresh;
  }
}

/** Claims in which the activations of imports, JWTs themselves, stand without their dates. */
const undated = (nats: Partial<Account>) => ({
  ...nats,
  imports: nats.imports?.map(({ token, ...rest }) => {
    const { iss, sub, nats }: Partial<ClaimsData<unknown>> = token === undefined ? {} : decode(token);
    return { ...rest, iss, sub, nats };
  }),
});

/** The JWT of a user's creds. */
export async function storedUserJwt(store: KeyStore, user: string): Promise<string | undefined> {
  const stored = await store.read(`creds-${user}`);
  return stored && /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(stored)?.[1];
}

interface CredsKeys {
  pair: KeyPair | undefined;
  /** Signs for the user's account. */
  signer: KeyPair | undefined;
  /** Public key of the account, where `signer` is one of its signing keys. */
  issuerAccount?: string;
}

/** The login of a fixed user in operator mode: its JWT and seed, as one `.creds` text, kept with the keys. */
export async function ensureCreds(store: KeyStore, user: UserTopology, keys: CredsKeys): Promise<void> {
  const { pair, signer, issuerAccount } = keys;
  if (!signer || !pair) throw new Error(`no keys for user ${user.name}`);
  const fresh = await encodeUser(user.name, pair, signer, {
    pub: { ...user.permissions?.publish },
    sub: { ...user.permissions?.subscribe },
    allowed_connection_types: user.connections,
    ...(issuerAccount && { issuer_account: issuerAccount }),
  });
  const old = await storedUserJwt(store, user.name);
  if (old && keepSame(old, fresh) === old) return;
  await store.write(`creds-${user.name}`, new TextDecoder().decode(fmtCreds(fresh, pair)).trim());
}
