import type { Trust } from "../../model/config";
import type { Topology } from "../../model/topology";
import { UserError } from "../core/project";
import type { KeyStore } from "./key-store";
import { readCreds } from "./read-jwts";
import { previousOf, rotatedNames } from "./rotated-keys";
import { pairOf } from "./seeds";

/** Keys of a store by name, each with its text: a seed, or creds. */
export type HeldKeys = ReadonlyMap<string, string>;

/** A key that a trust file lists, by its name in the store. */
export interface TrustedKey {
  key: string;
  publicKey: string;
}

/** Every key that a trust file lists. */
export function trustedKeys(trust: Trust): TrustedKey[] {
  return [
    { key: "issuer", publicKey: trust.issuer },
    { key: "xkey", publicKey: trust.xkey },
    ...Object.entries(trust.users).map(([name, publicKey]) => ({ key: `user-${name}`, publicKey })),
    ...(trust.operator ? [{ key: "operator", publicKey: trust.operator.publicKey }] : []),
    ...Object.entries(trust.accounts).flatMap(([name, { publicKey, signingKey }]) => [
      { key: `account-${name}`, publicKey },
      ...(signingKey ? [{ key: `signing-${name}`, publicKey: signingKey }] : []),
    ]),
    ...Object.entries(trust.previous ?? {}).map(([name, publicKey]) => ({ key: previousOf(name), publicKey })),
  ];
}

/** The store's keys that the trust file lists, and those of a rotation whether it lists them or not. */
export async function heldKeys(topology: Topology, trust: Trust, store: KeyStore): Promise<HeldKeys> {
  const known = trustedKeys(trust).map(({ key }) => key);
  const creds = topology.identity.users.map(({ name }) => `creds-${name}`);
  const old = rotatedNames(topology).map(previousOf);
  // Without an operator creds are unused, and not signed again.
  const names = [...new Set([...known, ...creds, ...old])].filter((name) => trust.operator || !isCreds(name));
  const held = await Promise.all(names.map(async (name) => [name, await store.read(name)] as const));
  return new Map(held.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}

/** Names of the store's keys that differ from the trust file. A missing key does not count. Pure. */
export function otherKeys(trust: Trust, held: HeldKeys): string[] {
  const trusted = new Map(trustedKeys(trust).map(({ key, publicKey }) => [key, publicKey]));
  return [...held].filter(([name, text]) => publicHalf(text) !== trusted.get(keyOf(name))).map(([name]) => name);
}

const isCreds = (name: string) => name.startsWith("creds-");
/** Creds contain the user's key. */
const keyOf = (name: string) => name.replace(/^creds-/, "user-");

/** `unreadable` where it is neither a seed nor creds. */
function publicHalf(text: string): string {
  try {
    if (!text.startsWith("-----")) return pairOf(text).getPublicKey();
    const creds = readCreds(text);
    return "value" in creds ? creds.value.sub : "unreadable";
  } catch {
    return "unreadable";
  }
}

/** Error for a store that holds other keys, with the way to fix it. */
export function otherKeysError(
  topology: Topology,
  trust: Trust,
  store: KeyStore,
  others: readonly string[],
): UserError {
  const old = rotatedNames(topology).map(previousOf);
  const { environment: name, imported } = trust;
  const get = "use the keys that belong to the trust file, or the trust file that belongs to the keys";
  const fix = imported
    ? `natsform keys import ${name} once more; or ${get}`
    : others.every((other) => old.includes(other))
      ? `natsform keys rotate ${name} --finish removes them: no rotation is open`
      : `${get}; natsform keys rotate ${name} continues an interrupted rotation`;
  return new UserError(`${store.description} holds other keys than the trust file: ${others.join(", ")}`, fix);
}

/** @throws UserError when the store holds other keys than the trust file, for example from before a rotation */
export async function refuseOtherKeys(topology: Topology, trust: Trust, store: KeyStore): Promise<void> {
  const others = otherKeys(trust, await heldKeys(topology, trust, store));
  if (others.length > 0) throw otherKeysError(topology, trust, store, others);
}
