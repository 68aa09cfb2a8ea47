import { backupTime } from "./backup-id";

/** A folder of a target, as the retention looks at it. */
export interface Kept {
  readonly id: string;
  /** Whether it has a manifest; without one it is no backup, but a run that died or has not finished. */
  readonly finished: boolean;
  /** Whether everything could be restored from it, as far as its manifest says. */
  readonly good: boolean;
}

/** A run that lasts longer than this is taken for dead, and its data for rubbish. Milliseconds. */
export const DEAD_AFTER_MS = 48 * 3600 * 1000;

/**
 * Which backups to remove: those that began before the retention. Never the newest good one, however old it is, nor
 * anything newer: then every other has failed since, and someone may need them all.
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
      // What is not named by this program is not this program's to remove.
      if (time === undefined) return false;
      if (!finished) return nowMs - time > DEAD_AFTER_MS;
      if (newestGood === undefined || id >= newestGood) return false;
      return retentionMs > 0 && nowMs - time > retentionMs;
    })
    .map(({ id }) => id)
    .sort();
}
