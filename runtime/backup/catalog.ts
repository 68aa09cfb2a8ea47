import { errorMessage } from "../common/error-message";
import { MANIFEST } from "./contract";
import type { BackupKey } from "./keys";
import { type Manifest, readManifest } from "./manifest";
import type { Kept } from "./retention";
import { readText, type Target } from "./target";

/** Environment, cluster and account that backups belong to: the folders below the target. */
export interface Scope {
  readonly environment: string;
  readonly cluster: string;
  readonly account: string;
}

export const folderOf = ({ environment, cluster, account }: Scope): string =>
  [environment, cluster, account].map(encodeURIComponent).join("/");

/** One folder below a scope. */
export interface Entry {
  readonly id: string;
  /** All its objects. */
  readonly paths: readonly string[];
  readonly manifest?: Manifest;
  /** Reason why there is no manifest although an object of that name exists. */
  readonly problem?: string;
}

/** Everything that is stored for a scope, oldest first. */
export async function readCatalog(target: Target, scope: Scope, keys: readonly BackupKey[]): Promise<Entry[]> {
  const folder = folderOf(scope);
  const byId = new Map<string, string[]>();
  for (const path of await target.list(folder)) {
    const id = path.slice(folder.length + 1).split("/")[0] ?? "";
    byId.set(id, [...(byId.get(id) ?? []), path]);
  }
  const entries: Entry[] = [];
  for (const [id, paths] of [...byId].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = `${folder}/${id}/${MANIFEST}`;
    if (!paths.includes(path)) entries.push({ id, paths });
    else
      try {
        entries.push({ id, paths, manifest: readManifest(await readText(target, path), keys) });
      } catch (error) {
        entries.push({ id, paths, problem: errorMessage(error) });
      }
  }
  return entries;
}

export const isFinished = ({ manifest, problem }: Entry): boolean => manifest !== undefined || problem !== undefined;

export const toKept = (entry: Entry): Kept => ({
  id: entry.id,
  finished: isFinished(entry),
  good: entry.manifest?.complete === true,
});

/** The newest backup that everything can be restored from. */
export const newestGood = (entries: readonly Entry[]): Manifest | undefined =>
  entries.filter(({ manifest }) => manifest?.complete).at(-1)?.manifest;
