import { backupKeySecret, encryptsBackups, type Topology } from "../../modules/topology";
import { UserError } from "../project";
import { rotateBackupKey } from "./backup-key";
import { createPair, type KeyKind, seedOf } from "./seeds";
import type { KeyStore } from "./store";

const previous = (name: string) => `${name}-previous`;

/** Keys that sign for the callout or that requests are sealed to. */
function rotated({ identity }: Topology): { name: string; kind: KeyKind }[] {
  const xkey = { name: "xkey", kind: "curve" } as const;
  if (identity.mode === "callout") return [{ name: "issuer", kind: "account" }, xkey];
  return [...identity.accounts.map(({ name }) => ({ name: `signing-${name}`, kind: "account" as const })), xkey];
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
  const done = keys.map(({ name }) => name);
  if (!encryptsBackups(topology)) return done;
  await rotateBackupKey(store);
  return [...done, backupKeySecret];
}

/** Drops the old keys. Returns their names. */
export async function finishRotation(store: KeyStore): Promise<string[]> {
  const old = (await store.list()).filter((name) => name.endsWith("-previous"));
  for (const name of old) await store.remove(name);
  return old.map((name) => name.slice(0, -"-previous".length));
}
