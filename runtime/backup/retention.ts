import { backupTime } from "./backup-id";

/** A folder of a target, as the retention sees it. */
export interface Kept {
  readonly id: string;
  /** True when it has a manifest; without one it is no backup, but a run that died or has not finished. */
  readonly finished: boolean;
  /** True when everything can be restored from it, according to its manifest. */
  readonly good: boolean;
}

/** Milliseconds after which a run counts as dead, and its data as rubbish. */
export const DEAD_AFTER_MS = 48 * 3600 * 1000;

/**
 * Ids of the backups to remove: those that began before the retention. Never the newest good one, however old it is,
 * nor anything newer: every later one has failed then, and someone may need them all.
 *
 * @param retentionMs 0 keeps everything, but the rubbish of runs that died
 */
export function toPrune(kept: readonly Kept[], nowMs: number, retentionMs: number): string[] {
  const newestGood = kept
    .filter(({ good, finished }) => good && finished)
    .map(({ id }) => id)
    .sort()
    .at(-1);
  return kept
    .filter(({ id, finished }) => {
      const time = backupTime(id);
      // Folders that this program did not name are not its to remove.
      if (time === undefined) return false;
      if (!finished) return nowMs - time > DEAD_AFTER_MS;
      if (newestGood === undefined || id >= newestGood) return false;
      return retentionMs > 0 && nowMs - time > retentionMs;
    })
    .map(({ id }) => id)
    .sort();
}
