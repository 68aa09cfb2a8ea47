import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Milliseconds after which Linux has written a file by itself: 30 s until it is old enough (`dirty_expire_centisecs`),
 * 5 s until the next look (`dirty_writeback_centisecs`), 5 s until ext4 commits it. None of these is a promise: on a busy
 * machine a stream was lost after 40 s, so half as much again is waited for.
 */
const KERNEL_WRITEBACK_MS = 60_000;

/** A sync that starts on time still takes a while on a busy disk. */
const SYNC_MARGIN_MS = 1000;

export interface Durability {
  /** `sync_interval` of the servers; 0 stands for `always`. */
  readonly syncIntervalMs: number;
  /** True when the servers form a cluster. */
  readonly clustered: boolean;
}

/**
 * Milliseconds after the last change until streams and consumers survive a power cut of every server. Measured on
 * 2.14.5 by power cuts.
 *
 * nats-server syncs its logs and messages every `sync_interval`, but not the files that list streams and consumers
 * (`meta.inf`): unless it is `always`, only the kernel writes those. A cluster has them in its log as well. A single
 * server does not: after a power cut 8 s after the creation its stream was gone in spite of `sync_interval: 1s`.
 */
export function survivesPowerCutAfterMs({ syncIntervalMs, clustered }: Durability): number {
  if (syncIntervalMs === 0) return 0;
  const synced = syncIntervalMs + SYNC_MARGIN_MS;
  return clustered ? synced : Math.max(synced, KERNEL_WRITEBACK_MS);
}

/**
 * Waits until changes made by `changedAt` (milliseconds since the epoch) survive a power cut: for servers whose disks
 * are out of reach.
 */
export async function untilDurable(changedAt: number, durability: Durability, signal?: AbortSignal): Promise<void> {
  const rest = changedAt + survivesPowerCutAfterMs(durability) - Date.now();
  if (rest > 0) await sleep(rest, undefined, { signal });
}

/** Number of synced files and folders; files that were gone before they could be opened are not counted. */
export interface Synced {
  readonly files: number;
  readonly folders: number;
}

/**
 * Syncs every file and folder of the servers' store folders to disk: for servers on this machine, where it replaces the
 * wait.
 *
 * Files may come and go meanwhile. Each folder is synced after its files, and the store folder's own entry last.
 *
 * @throws when a store folder is not there, or the disk refuses
 */
export async function syncFolders(folders: readonly string[]): Promise<Synced> {
  let files = 0;
  let synced = 0;
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await unlessGone(() => walk(path));
      else if (entry.isFile() && (await unlessGone(() => sync(path)))) files++;
    }
    await sync(folder);
    synced++;
  };
  for (const folder of folders) {
    await walk(folder);
    await sync(dirname(folder));
  }
  return { files, folders: synced };
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Returns false when the file or folder has been removed. */
async function unlessGone(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
