import { randomBytes } from "node:crypto";
import { backupKeySecret } from "../../model/topology";
import { parseKeys } from "../../runtime/backup/keys";
import type { KeyStore } from "./key-store";

const newKey = () => randomBytes(32).toString("base64");

/** The key that backups are encrypted with, made when there is none yet. @returns its id */
export async function ensureBackupKey(store: KeyStore): Promise<string | undefined> {
  if ((await store.read(backupKeySecret)) === undefined) await store.write(backupKeySecret, newKey());
  return parseKeys((await store.read(backupKeySecret)) ?? "")[0]?.id;
}

/** Puts a new key in front. The older ones are kept for good, since old backups may need them. */
export async function rotateBackupKey(store: KeyStore): Promise<void> {
  const old = (await store.read(backupKeySecret)) ?? "";
  await store.write(backupKeySecret, `${newKey()}\n${old}`.trim());
}
