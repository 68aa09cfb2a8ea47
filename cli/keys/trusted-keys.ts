import { decode } from "@nats-io/jwt";
import type { Trust } from "../../model/config";
import { backupKeySecret, storedName, type Topology, trustOf } from "../../model/topology";
import { UserError } from "../core/project";
import type { KeyStore } from "./key-store";
import { publicHalf } from "./public-half";
import { previousOf, rotatedNames } from "./rotated-keys";

/** Keys of a store by name, each with its text: a seed, or creds. */
export type HeldKeys = ReadonlyMap<string, string>;

/** A key that a trust file lists, by its name in the store. */
export interface TrustedKey {
  key: string;
  publicKey: string;
}

/** Every key that a trust file lists, by its name in a store for several clusters. */
export function trustedKeys(trust: Trust): TrustedKey[] {
  const { clusters = {}, ...first } = trust;
  const others = Object.keys(clusters).flatMap((cluster) =>
    keysOf(trustOf(trust, cluster)).map(({ key, publicKey }) => ({ key: storedName(trust, cluster, key), publicKey })),
  );
  // Keys that belong to no cluster are seen by each.
  return [...new Map([...keysOf(first), ...others].map((one) => [one.key, one])).values()];
}

/** Those of an operator that is imported are kept elsewhere. */
const isElsewhere = ({ imported }: Trust, name: string) => imported === true && /^(operator$|account-)/.test(name);

/** Names of all of them that are natsform's, and of the backup keys. */
export const listedNames = (trust: Trust): string[] => [
  ...trustedKeys(trust).flatMap(({ key }) => (isElsewhere(trust, key) ? [] : [key])),
  ...(trust.backupKey === undefined ? [] : [backupKeySecret]),
];

function keysOf(trust: Trust): TrustedKey[] {
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

/** Clusters with keys of their own; an empty name where all share them. */
const setsOf = ({ cluster = "", clusters = {} }: Trust): string[] => [cluster, ...Object.keys(clusters)];

/** Names in the store of a key, and of the one that it has replaced while a rotation is not finished. */
export interface RotatableKey {
  name: string;
  previous: string;
}

const rotatable = (trust: Trust, cluster: string, name: string): RotatableKey => ({
  name: storedName(trust, cluster, name),
  previous: storedName(trust, cluster, previousOf(name)),
});

/** Keys whose rotation is not finished, as the trust file says. */
export const openKeys = (trust: Trust): RotatableKey[] =>
  setsOf(trust).flatMap((cluster) =>
    Object.keys(trustOf(trust, cluster).previous ?? {}).map((name) => rotatable(trust, cluster, name)),
  );

/** Keys that may have an old one: by the configuration, and by the trust file. */
export const rotatableKeys = (topology: Topology, trust: Trust): RotatableKey[] => {
  const all = setsOf(trust).flatMap((cluster) => rotatedNames(topology).map((name) => rotatable(trust, cluster, name)));
  return [...new Map([...all, ...openKeys(trust)].map((key) => [key.name, key])).values()];
};

/** The store's keys that the trust file lists, and those of a rotation whether it lists them or not. */
export async function heldKeys(topology: Topology, trust: Trust, store: KeyStore): Promise<HeldKeys> {
  const known = trustedKeys(trust).map(({ key }) => key);
  const creds = setsOf(trust).flatMap((cluster) =>
    topology.identity.users.map(({ name }) => storedName(trust, cluster, `creds-${name}`)),
  );
  const old = rotatableKeys(topology, trust).map(({ previous }) => previous);
  // Without an operator creds are unused, and not signed again.
  const names = [...new Set([...known, ...creds, ...old])].filter((name) => trust.operator || !isCreds(name));
  const held = await Promise.all(names.map(async (name) => [name, await store.read(name)] as const));
  return new Map(held.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}

/** Names of the store's keys that differ from the trust file. A missing key does not count. Pure. */
export function otherKeys(trust: Trust, held: HeldKeys): string[] {
  const trusted = trustedHalves(trust);
  return [...held].filter(([name, text]) => publicHalf(text) !== trusted(name)).map(([name]) => name);
}

/** What the trust file says of a key by its name; creds contain the user's key. `undefined` for one that it does not know. */
export function trustedHalves(trust: Trust): (name: string) => string | undefined {
  const trusted = new Map(trustedKeys(trust).map(({ key, publicKey }) => [key, publicKey]));
  return (name) => {
    if (name === backupKeySecret) return trust.backupKey;
    // Its public half stands in its JWT alone.
    if (name === "user-sentinel") return trust.sentinel && decode(trust.sentinel).sub;
    return trusted.get(userKey(name));
  };
}

const isCreds = (name: string) => name.startsWith("creds-");
const userKey = (name: string) => name.replace(/^creds-/, "user-");

/** Error for a store that holds other keys, with the way to fix it. */
export function otherKeysError(
  topology: Topology,
  trust: Trust,
  store: KeyStore,
  others: readonly string[],
): UserError {
  const old = rotatableKeys(topology, trust).map(({ previous }) => previous);
  const { environment: name, imported } = trust;
  const get = "use the keys that belong to the trust file, or the trust file that belongs to the keys";
  const fix = imported
    ? `natsform keys import-operator ${name} once more; or ${get}`
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
