import type { Trust } from "../../model/config";
import { backupKeySecret, encryptsBackups, responderCreds, responderKey, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import { rotateBackupKey } from "./backup-key";
import type { KeyStore } from "./key-store";
import { previousOf, rotatedKeys, rotatedNames } from "./rotated-keys";
import { createPair, pairOf, seedOf } from "./seeds";
import { type HeldKeys, heldKeys, otherKeys, otherKeysError } from "./trusted-keys";

/**
 * Puts new keys in front of the old ones. Responders accept both until the rotation is finished, since servers get the
 * new ones one by one. A rotation that was interrupted before the trust file was written is continued.
 *
 * @param trust current trust file
 * @throws UserError while an earlier rotation is not finished, since its old keys may still be in use; and when the
 * store holds other keys than the trust file, for example after a rotation on another machine
 */
export async function rotateKeys(topology: Topology, store: KeyStore, trust: Trust): Promise<string[]> {
  const [open] = Object.keys(trust.previous ?? {});
  if (open !== undefined)
    throw new UserError(
      `the rotation of ${open} is not finished`,
      "natsform keys rotate --finish, once all servers run with the new keys",
    );
  const keys = rotatedKeys(topology);
  const held = await heldKeys(topology, trust, store);
  if (otherKeys(trust, asBefore(topology, held)).length > 0)
    throw otherKeysError(topology, trust, store, otherKeys(trust, held));
  for (const { name } of keys)
    if (!held.has(name)) throw new UserError(`no key ${name} to rotate`, "natsform keys init");
  for (const { name, kind } of keys) {
    const [current = "", old = current] = [held.get(name), held.get(previousOf(name))];
    if (old !== current) continue;
    const creds = name === responderKey ? held.get(responderCreds) : undefined;
    if (creds !== undefined) await store.write(previousOf(responderCreds), creds);
    // The old key first: after an interruption it is stored twice, never lost.
    await store.write(previousOf(name), current);
    await store.write(name, seedOf(createPair(kind)));
  }
  const done = keys.map(({ name }) => name);
  if (!encryptsBackups(topology)) return done;
  await rotateBackupKey(store);
  return [...done, backupKeySecret];
}

/** The keys of the store as they were before a rotation began. */
function asBefore(topology: Topology, held: HeldKeys): HeldKeys {
  const before = new Map(held);
  for (const name of rotatedNames(topology)) {
    const old = before.get(previousOf(name));
    if (old !== undefined) before.set(name, old);
    before.delete(previousOf(name));
  }
  return before;
}

/** Public halves of the old keys of a rotation that is not finished, by name; undefined when there is none. */
export async function previousKeys(topology: Topology, store: KeyStore): Promise<Record<string, string> | undefined> {
  const keys: Record<string, string> = {};
  for (const { name } of rotatedKeys(topology)) {
    const old = await store.read(previousOf(name));
    // Interrupted before the new key was written: nothing is replaced, and servers refuse a duplicate user.
    if (old !== undefined && old !== (await store.read(name))) keys[name] = pairOf(old).getPublicKey();
  }
  return Object.keys(keys).length > 0 ? keys : undefined;
}

/**
 * Removes the old keys. Returns their names, including those that an interrupted run has removed.
 *
 * @param trust current trust file
 * @throws UserError when there is no rotation to finish, or its new keys are not those of the trust file
 */
export async function finishRotation(topology: Topology, store: KeyStore, trust: Trust): Promise<string[]> {
  const open = Object.keys(trust.previous ?? {});
  const names = [...new Set([...rotatedNames(topology), ...open])];
  const held = await heldKeys(topology, trust, store);
  const old = names.filter((name) => held.has(previousOf(name)));
  const kept = new Map([...held].filter(([name]) => !old.some((one) => previousOf(one) === name)));
  const others = otherKeys(trust, kept);
  if (others.length > 0) throw otherKeysError(topology, trust, store, others);
  if (old.length + open.length === 0) throw new UserError(`${trust.environment} has no rotation to finish`);
  for (const name of old) await store.remove(previousOf(name));
  return names.filter((name) => name !== responderCreds && (old.includes(name) || open.includes(name)));
}
