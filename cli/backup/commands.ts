import { describe } from "../../runtime/backup/run";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { table } from "../core/output";
import { openTwin, type Twin } from "../twin/context";
import { columnsOf, texts } from "./log-lines";
import {
  type BackupOptions,
  type BackupScope,
  backUpTwin,
  backupScopes,
  drillTwin,
  findBackup,
  listBackups,
  type RestoreOptions,
  restoreTwin,
} from "./twin";

/** What is done to the backups of a twin's accounts. */
export interface BackupProps extends BackupOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
}

export interface OneBackupProps extends BackupProps {
  /** The backup. @default the newest complete one */
  id?: string;
}

/** One account of one cluster, with what was found or done there. */
export type OfAccount<Result> = Result & { environment: string; cluster: string; account: string };

/**
 * Backs up every stream of a twin, account by account, and removes what is older than the clusters' retention.
 *
 * @returns by account: the backup, its holes, alarms about streams that shrank, and ids of what was removed
 * @throws UserError
 */
export const backUpEnvironment = (name: string, props: BackupProps, host: Host) =>
  each(name, props, host, async (one, twin, say) => {
    const { manifest, alarms, pruned } = await backUpTwin(twin, one);
    for (const remark of [...manifest.holes, ...alarms]) say(texts.remark(remark));
    for (const { name: stream, state, data } of manifest.streams)
      say(texts.backedUp({ stream, messages: state.messages, bytes: data.bytes }));
    say(`  ${manifest.id} in ${one.target.name}${pruned.length > 0 ? `, ${pruned.length} older removed` : ""}`);
    return { id: manifest.id, complete: manifest.complete, holes: manifest.holes, alarms, pruned };
  });

/** The backups of a twin's accounts. @throws UserError */
export const listEnvironmentBackups = (name: string, props: BackupProps, host: Host) =>
  each(name, props, host, async (one, _, say) => {
    const backups = (await listBackups(one)).map(describe);
    say(backups.length === 0 ? "  none" : table(backups.map(columnsOf)));
    return { backups };
  });

/**
 * Restores a backup of each account into an empty server of its own and compares every message.
 *
 * @returns by account: a verdict for each stream; anything but `same` is a failure
 * @throws UserError
 */
export const drillBackups = (name: string, props: OneBackupProps, host: Host) =>
  each(name, props, host, async (one, _, say) => {
    const manifest = await findBackup(one, props.id);
    const verdicts = await drillTwin(one, manifest);
    for (const verdict of verdicts) say(texts.drilled(verdict));
    return { id: manifest.id, verdicts };
  });

/**
 * Plans the restore of a backup of each account, and runs it with `apply` unless a stream is refused.
 *
 * @throws UserError
 */
export const restoreBackups = (name: string, props: OneBackupProps & RestoreOptions, host: Host) =>
  each(name, props, host, async (one, twin, say) => {
    const manifest = await findBackup(one, props.id);
    const { steps, restored } = await restoreTwin(twin, one, manifest, props);
    for (const step of steps) say(texts.planned(step));
    for (const { verdict, consumers } of restored ?? []) say(texts.restored(verdict, consumers));
    if (!restored) say(props.apply ? "  nothing was restored" : texts.dryRun);
    return { id: manifest.id, steps, restored };
  });

/** Processes one account after the other, with a title for each. */
async function each<Result extends object>(
  name: string,
  props: BackupProps,
  host: Host,
  work: (scope: BackupScope, twin: Twin, say: (text: string) => void) => Promise<Result>,
): Promise<OfAccount<Result>[]> {
  const twin = await openTwin(name, props.root ?? projectRoot());
  const say = notices(host);
  const results: OfAccount<Result>[] = [];
  for (const one of await backupScopes(twin, props)) {
    say(`cluster ${one.scope.cluster}, account ${one.scope.account}`);
    results.push({ ...one.scope, ...(await work(one, twin, say)) });
  }
  return results;
}
