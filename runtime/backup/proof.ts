import { backupTime, newBackupId } from "./backup-id";
import { type Entry, folderOf } from "./catalog";
import { PROOF } from "./contract";
import type { Manifest } from "./manifest";
import { type Target, writeText } from "./target";

/**
 * Notes beside a backup that a drill has proven it, so that whoever sees the target next can tell how long no drill has: one
 * that never runs, or is killed, tells nothing of itself. The note's name holds the time, so that nobody has to read it.
 */
export const noteProof = (target: Target, manifest: Manifest, now: Date): Promise<void> =>
  writeText(target, `${folderOf(manifest)}/${manifest.id}/${PROOF}${newBackupId(now)}`, "");

/**
 * Seconds since a drill proved a backup that is still there, or, when none did, since the oldest complete one began; undefined
 * while there is no complete backup.
 */
export function unprovenSeconds(entries: readonly Entry[], now: Date): number | undefined {
  const proofs = entries.flatMap(({ paths }) => paths.flatMap((path) => proofTime(path) ?? []));
  const oldest = entries.find(({ manifest }) => manifest?.complete);
  const since = proofs.length > 0 ? Math.max(...proofs) : oldest && backupTime(oldest.id);
  return since === undefined ? undefined : Math.max(0, (now.getTime() - since) / 1000);
}

function proofTime(path: string): number | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.startsWith(PROOF) ? backupTime(name.slice(PROOF.length)) : undefined;
}
