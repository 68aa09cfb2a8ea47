import { folderOf, readCatalog, type Scope, toKept } from "./catalog";
import { MANIFEST } from "./contract";
import type { BackupKey } from "./keys";
import { DEAD_AFTER_MS, toPrune } from "./retention";
import type { Target } from "./target";

export interface PruneProps {
  readonly target: Target;
  readonly scope: Scope;
  readonly keys: readonly BackupKey[];
  readonly retentionMs: number;
  readonly now: Date;
}

/**
 * Removes backups that the retention no longer keeps. Of each, the manifest goes first: from then on it is no backup,
 * and an interrupted run leaves rubbish that the next run finds.
 *
 * @returns ids of the removed backups
 */
export async function prune({ target, scope, keys, retentionMs, now }: PruneProps): Promise<string[]> {
  const catalog = await readCatalog(target, scope, keys);
  const ids = toPrune(catalog.map(toKept), now.getTime(), retentionMs);
  for (const id of ids) {
    const { paths = [] } = catalog.find((entry) => entry.id === id) ?? {};
    const manifest = `${folderOf(scope)}/${id}/${MANIFEST}`;
    await target.remove(manifest);
    for (const path of paths) if (path !== manifest) await target.remove(path);
  }
  await target.sweep(folderOf(scope), now.getTime() - DEAD_AFTER_MS);
  return ids;
}
