import { errorMessage } from "../common/error-message";
import { MANIFEST } from "./contract";
import type { BackupKey } from "./keys";
import { type Manifest, ManifestError, readManifest } from "./manifest";
import type { Kept } from "./retention";
import { NoSuchObject, readText, type Target, TargetError } from "./target";

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

/**
 * Everything that is stored for a scope, oldest first.
 *
 * @throws TargetError when the target cannot be read now: that says nothing of what is stored there
 */
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
    else entries.push({ id, paths, ...(await manifestAt(target, path, keys)) });
  }
  return entries;
}

async function manifestAt(
  target: Target,
  path: string,
  keys: readonly BackupKey[],
): Promise<Pick<Entry, "manifest" | "problem">> {
  try {
    return { manifest: readManifest(await readText(target, path), keys) };
  } catch (error) {
    if (error instanceof ManifestError) return { problem: error.message };
    // Another program has just removed it.
    if (error instanceof NoSuchObject) return {};
    throw new TargetError(`${target.name}: ${path} cannot be read now: ${errorMessage(error)}`, { cause: error });
  }
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

/** No backup can be chosen; the message is for the operator. */
export class NoBackup extends Error {
  override readonly name = "NoBackup";
}

/**
 * The backup to restore or to prove: the one of this id, or the newest complete one. An older one never stands in for one
 * that cannot be read: who gets it without naming it takes it for the newest.
 *
 * @throws NoBackup
 */
export function chooseBackup(entries: readonly Entry[], id?: string): Manifest {
  if (id !== undefined) {
    const entry = entries.find((one) => one.id === id);
    if (entry?.manifest) return entry.manifest;
    throw new NoBackup(`there is no backup ${id}: ${entry ? stateOf(entry) : "nothing of that id is there"}`);
  }
  const at = entries.findLastIndex(({ manifest }) => manifest?.complete);
  const unread = entries.slice(at + 1).filter(({ manifest }) => manifest === undefined);
  const newer = unread.map((entry) => `${entry.id}: ${stateOf(entry)}`).join("; ");
  const manifest = entries[at]?.manifest;
  if (!manifest) throw new NoBackup(`there is no complete backup${newer && ` (${newer})`}`);
  if (newer !== "")
    throw new NoBackup(`the newest backup cannot be read (${newer}); name ${manifest.id} to use that older one`);
  return manifest;
}

const stateOf = ({ problem }: Entry) => problem ?? "it has no manifest: it is being made, was interrupted or lost it";
