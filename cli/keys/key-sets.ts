import type { KeyPair } from "nkeys.js";
import type { Trust } from "../../model/config";
import type { Topology } from "../../model/topology";
import type { KeyStore } from "./key-store";

/** Key pairs of one cluster. */
export interface KeySet {
  /** Absent: all clusters share them. */
  cluster?: string;
  /** Of this cluster's names. */
  store: KeyStore;
  issuer: KeyPair;
  xkey: KeyPair;
  /** By name, with services and the logins of leafs, which belong to no cluster. */
  users: Record<string, KeyPair>;
  /** Public halves by name: those of a rotation that is not finished. */
  previous?: Record<string, string>;
}

/**
 * Which clusters have keys of their own: the owner of the plain names, and the others. The owner never changes, so that
 * another cluster renames nothing. Without an owner all share one set, as in trust files of before; a rotation ends that.
 */
export function keySets({ clusters }: Topology, previous?: Trust): { owner: string | undefined; others: string[] } {
  const [first, ...more] = clusters.map(({ name }) => name);
  const isShared = previous !== undefined && previous.cluster === undefined && more.length > 0;
  if (isShared) return { owner: undefined, others: [] };
  const owner = previous?.cluster ?? first;
  return { owner, others: clusters.map(({ name }) => name).filter((name) => name !== owner) };
}

/** One entry for each set that is a cluster's; undefined without any. */
export function byCluster<T>(sets: readonly KeySet[], entry: (set: KeySet) => T): Record<string, T> | undefined {
  const entries = sets.flatMap((set) => (set.cluster === undefined ? [] : [[set.cluster, entry(set)] as const]));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
