import { backupKeySecret, encryptsBackups, responderCreds, responderKey, type Topology } from "../../modules/topology";
import { UserError } from "../project";
import { rotateBackupKey } from "./backup-key";
import { createPair, type KeyKind, pairOf, seedOf } from "./seeds";
import type { KeyStore } from "./store";

const suffix = "-previous";
const previous = (name: string) => `${name}${suffix}`;
const rotatedFrom = (name: string) => name.slice(0, -suffix.length);

/** Keys that sign for the callout, that requests are sealed to, and that the responders log in with. */
function rotated({ identity }: Topology): { name: string; kind: KeyKind }[] {
  const signers = identity.mode === "callout" ? ["issuer"] : identity.accounts.map(({ name }) => `signing-${name}`);
  return [
    ...signers.map((name) => ({ name, kind: "account" as const })),
    { name: "xkey", kind: "curve" },
    { name: responderKey, kind: "user" },
  ];
}

/**
 * Puts new keys in front of the old ones, which stay valid for the responders until the rotation is finished: servers
 * take over the new ones one by one.
 *
 * @throws UserError while an earlier rotation is not finished: its old keys may still be in use
 */
export async function rotateKeys(topology: Topology, store: KeyStore): Promise<string[]> {
  const keys = rotated(topology);
  for (const { name } of keys) {
    if ((await store.read(name)) === undefined) throw new UserError(`no key ${name} to rotate`, "natsform keys init");
    if ((await store.read(previous(name))) !== undefined) {
      throw new UserError(
        `the rotation of ${name} is not finished`,
        "natsform keys rotate --finish, once all servers run with the new keys",
      );
    }
  }
  for (const { name, kind } of keys) {
    // The old key first: cut off in between, it is there twice, and never nowhere.
    await store.write(previous(name), (await store.read(name)) as string);
    await store.write(name, seedOf(createPair(kind)));
  }
  const creds = await store.read(responderCreds);
  if (creds !== undefined) await store.write(previous(responderCreds), creds);
  const done = keys.map(({ name }) => name);
  if (!encryptsBackups(topology)) return done;
  await rotateBackupKey(store);
  return [...done, backupKeySecret];
}

const listPrevious = async (store: KeyStore) => (await store.list()).filter((name) => name.endsWith(suffix));
/** A key that another one goes with: no rotation of its own. */
const isCreds = (name: string) => name.startsWith("creds-");

/** Public halves of the old keys of a rotation that is not finished, by name; undefined when there is none. */
export async function previousKeys(store: KeyStore): Promise<Record<string, string> | undefined> {
  const old = (await listPrevious(store)).filter((name) => !isCreds(name));
  const seeds = old.map(async (name) => [rotatedFrom(name), await store.read(name)] as const);
  const keys = (await Promise.all(seeds)).map(([name, seed]) => [name, pairOf(seed ?? "").getPublicKey()] as const);
  return keys.length > 0 ? Object.fromEntries(keys) : undefined;
}

/** Drops the old keys. Returns their names. */
export async function finishRotation(store: KeyStore): Promise<string[]> {
  const old = await listPrevious(store);
  for (const name of old) await store.remove(name);
  return old.filter((name) => !isCreds(name)).map(rotatedFrom);
}
