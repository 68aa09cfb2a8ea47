import type { Trust } from "../../model/config";
import { backupKeySecret, encryptsBackups, storedName, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import { rotateBackupKey } from "./backup-key";
import { ClusterStore } from "./cluster-store";
import { keySets } from "./key-sets";
import type { KeyStore } from "./key-store";
import { clusterKeys, credsOf, previousOf, rotatedKeys, rotatedNames } from "./rotated-keys";
import { createPair, pairOf, seedOf } from "./seeds";
import { type HeldKeys, heldKeys, openKeys, otherKeys, otherKeysError, rotatableKeys } from "./trusted-keys";

/**
 * The trust file that a rotation begins from: where clusters still share one set of keys, one that gives the plain names
 * to the first, so that the others get keys of their own.
 */
export const separated = (topology: Topology, trust: Trust): Trust => ({
  ...trust,
  cluster: trust.cluster ?? keySets(topology).owner,
});

/**
 * Puts new keys in front of the old ones. Responders accept both until the rotation is finished, since servers get the
 * new ones one by one. Where clusters share their keys, every cluster gets all of its own, with the shared ones as the old
 * ones. A rotation that was interrupted before the trust file was written is continued.
 *
 * @param trust current trust file
 * @returns names of the keys in the store
 * @throws UserError while an earlier rotation is not finished, since its old keys may still be in use; and when the
 * store holds other keys than the trust file, for example after a rotation on another machine
 */
export async function rotateKeys(topology: Topology, store: KeyStore, trust: Trust): Promise<string[]> {
  const [open] = openKeys(trust);
  if (open !== undefined)
    throw new UserError(
      `the rotation of ${open.name} is not finished`,
      "natsform keys rotate --finish, once all servers run with the new keys",
    );
  const held = await heldKeys(topology, trust, store);
  if (otherKeys(trust, asBefore(topology, trust, held)).length > 0)
    throw otherKeysError(topology, trust, store, otherKeys(trust, held));
  const target = separated(topology, trust);
  const { owner = "", others } = keySets(topology, target);
  const isShared = trust.cluster === undefined && others.length > 0;
  const keys = isShared ? clusterKeys(topology) : rotatedKeys(topology);
  const missing = (isShared ? [owner] : [owner, ...others])
    .flatMap((cluster) => keys.map(({ name }) => storedName(target, cluster, name)))
    .find((name) => !held.has(name));
  if (missing !== undefined) throw new UserError(`no key ${missing} to rotate`, "natsform keys init");
  const sets = [owner, ...others].map((cluster) => new ClusterStore(store, target, cluster));
  if (isShared) for (const set of sets.slice(1)) await copyKeys(topology, store, set);
  for (const set of sets) {
    for (const { name, kind } of keys) {
      const current = (await set.read(name)) ?? "";
      const old = (await set.read(previousOf(name))) ?? current;
      if (old !== current) continue;
      const creds = kind === "user" ? await set.read(credsOf(name)) : undefined;
      if (creds !== undefined) await set.write(previousOf(credsOf(name)), creds);
      // The old key first: after an interruption it is stored twice, never lost.
      await set.write(previousOf(name), current);
      await set.write(name, seedOf(createPair(kind)));
    }
  }
  const done = [owner, ...others].flatMap((cluster) => keys.map(({ name }) => storedName(target, cluster, name)));
  if (!encryptsBackups(topology)) return done;
  await rotateBackupKey(store);
  return [...done, backupKeySecret];
}

/** Gives a cluster the keys that all share, under names of its own. What it has already is kept. */
async function copyKeys(topology: Topology, shared: KeyStore, own: KeyStore): Promise<void> {
  for (const name of rotatedNames(topology)) {
    const value = await shared.read(name);
    if (value !== undefined && (await own.read(name)) === undefined) await own.write(name, value);
  }
}

/** The keys of the store as they were before a rotation began. */
function asBefore(topology: Topology, trust: Trust, held: HeldKeys): HeldKeys {
  const before = new Map(held);
  for (const { name, previous } of rotatableKeys(topology, trust)) {
    const old = before.get(previous);
    if (old !== undefined) before.set(name, old);
    before.delete(previous);
  }
  return before;
}

/** Public halves of the old keys of a rotation that is not finished, by name; undefined when there is none. */
export async function previousKeys(topology: Topology, store: KeyStore): Promise<Record<string, string> | undefined> {
  const keys: Record<string, string> = {};
  for (const { name } of clusterKeys(topology)) {
    const old = await store.read(previousOf(name));
    // Interrupted before the new key was written: nothing is replaced, and servers refuse a duplicate user.
    if (old !== undefined && old !== (await store.read(name))) keys[name] = pairOf(old).getPublicKey();
  }
  return Object.keys(keys).length > 0 ? keys : undefined;
}

/**
 * Removes the old keys. Returns the names in the store of those that they had replaced, including those that an
 * interrupted run has removed.
 *
 * @param trust current trust file
 * @throws UserError when there is no rotation to finish, or its new keys are not those of the trust file
 */
export async function finishRotation(topology: Topology, store: KeyStore, trust: Trust): Promise<string[]> {
  const open = openKeys(trust).map(({ name }) => name);
  const keys = rotatableKeys(topology, trust);
  const held = await heldKeys(topology, trust, store);
  const old = keys.filter(({ previous }) => held.has(previous));
  const kept = new Map([...held].filter(([name]) => !old.some(({ previous }) => previous === name)));
  const others = otherKeys(trust, kept);
  if (others.length > 0) throw otherKeysError(topology, trust, store, others);
  if (old.length + open.length === 0) throw new UserError(`${trust.environment} has no rotation to finish`);
  for (const { previous } of old) await store.remove(previous);
  const dropped = [...old.map(({ name }) => name), ...open];
  return keys.map(({ name }) => name).filter((name) => !name.startsWith("creds-") && dropped.includes(name));
}
