import {
  createAccount,
  createCurve,
  createOperator,
  createUser,
  fromCurveSeed,
  fromSeed,
  type KeyPair,
} from "nkeys.js";
import { type NkeyKind, signingKey } from "../../runtime/nkeys/nkey";
import type { KeyKind } from "./key-kinds";
import type { KeyStore } from "./key-store";

const make: Record<KeyKind, () => KeyPair> = {
  operator: createOperator,
  account: createAccount,
  user: createUser,
  curve: createCurve,
};

const text = new TextDecoder();
export const seedOf = (pair: KeyPair): string => text.decode(pair.getSeed());

/** @throws when the text is not a seed */
export function pairOf(seed: string): KeyPair {
  const bytes = new TextEncoder().encode(seed);
  return seed.startsWith("SX") ? fromCurveSeed(bytes) : native(fromSeed(bytes), seed);
}

export function createPair(kind: KeyKind): KeyPair {
  const pair = make[kind]();
  return kind === "curve" ? pair : native(pair, seedOf(pair));
}

/**
 * The same key, signing with `node:crypto`: in operator mode every `up` signs dozens of JWTs to compare their claims.
 */
function native(pair: KeyPair, seed: string): KeyPair {
  const key = signingKey(seed.charAt(1) as NkeyKind, seed);
  if (!key) return pair;
  return Object.assign(Object.create(pair) as KeyPair, {
    getPublicKey: () => key.publicKey,
    sign: (data: Uint8Array) => key.sign(data),
    // @nats-io/jwt calls it only to check for a private half, and the original derives it again each time.
    getPrivateKey: () => pair.getSeed(),
  });
}

/** The key of this name, made and stored when there is none yet. */
export async function ensurePair(store: KeyStore, name: string, kind: KeyKind): Promise<KeyPair> {
  const seed = await store.read(name);
  if (seed !== undefined) return pairOf(seed);
  const pair = createPair(kind);
  await store.write(name, seedOf(pair));
  return pair;
}
