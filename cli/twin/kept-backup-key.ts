import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { backupKeySecret } from "../../model/topology";
import type { TwinFolder } from "../core/twin-folder";
import { FolderStore } from "../keys/store";

/** Beside the twin's backups, which are of no use without it. */
const keptPath = ({ environment }: TwinFolder) => join(environment, "backup-key.kept");
const backupsOf = ({ environment }: TwinFolder) => join(environment, "backups");

/**
 * Keeps the key of encrypted backups when the twin is removed: they stay.
 *
 * @returns whether there are backups that it opens
 */
export async function keepBackupKey(folder: TwinFolder): Promise<boolean> {
  const backups = backupsOf(folder);
  if (!existsSync(backups) || readdirSync(backups).length === 0) return false;
  const key = await new FolderStore(folder.keys).read(backupKeySecret);
  if (key !== undefined) writeFileAtomically(keptPath(folder), `${key}\n`, privateFile);
  return key !== undefined;
}

/** A new twin takes the kept key, so that it reads the backups of the one before. */
export async function takeKeptBackupKey(folder: TwinFolder): Promise<void> {
  const store = new FolderStore(folder.keys);
  const kept = readIfThere(keptPath(folder))?.trim();
  if (kept && (await store.read(backupKeySecret)) === undefined) await store.write(backupKeySecret, kept);
}
