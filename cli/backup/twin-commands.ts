import { describe } from "../../runtime/backup/run";
import { print, printJson, table } from "../core/output";
import type { Twin } from "../twin/context";
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

/** Options of the commands of `natsform backup`. */
export interface BackupCommandOptions extends BackupOptions, RestoreOptions {
  id?: string;
  json?: boolean;
}

/** The commands on a twin: each prints its result, and returns whether it succeeded. */

export async function backupCommand(twin: Twin, options: BackupCommandOptions): Promise<boolean> {
  const results = await each(await backupScopes(twin, options), options, async (one) => {
    const { manifest, alarms, pruned } = await backUpTwin(twin, one);
    if (!options.json) {
      for (const remark of [...manifest.holes, ...alarms]) print(texts.remark(remark));
      for (const { name: stream, state, data } of manifest.streams)
        print(texts.backedUp({ stream, messages: state.messages, bytes: data.bytes }));
      print(`  ${manifest.id} in ${one.target.name}${pruned.length > 0 ? `, ${pruned.length} older removed` : ""}`);
    }
    return { id: manifest.id, complete: manifest.complete, holes: manifest.holes, alarms, pruned };
  });
  return results.every(({ complete }) => complete);
}

export async function listCommand(twin: Twin, options: BackupCommandOptions): Promise<boolean> {
  await each(await backupScopes(twin, options), options, async (one) => {
    const rows = (await listBackups(one)).map(describe);
    if (!options.json && rows.length === 0) print("  none");
    if (!options.json && rows.length > 0) print(table(rows.map(columnsOf)));
    return { backups: rows };
  });
  return true;
}

export async function drillCommand(twin: Twin, options: BackupCommandOptions): Promise<boolean> {
  const results = await each(await backupScopes(twin, options), options, async (one) => {
    const manifest = await findBackup(one, options.id);
    const verdicts = await drillTwin(one, manifest);
    if (!options.json) for (const verdict of verdicts) print(texts.drilled(verdict));
    return { id: manifest.id, verdicts };
  });
  return results.every(({ verdicts }) => verdicts.every(({ result }) => result === "same"));
}

export async function restoreCommand(twin: Twin, options: BackupCommandOptions): Promise<boolean> {
  const results = await each(await backupScopes(twin, options), options, async (one) => {
    const manifest = await findBackup(one, options.id);
    const { steps, restored } = await restoreTwin(twin, one, manifest, options);
    if (!options.json) {
      for (const step of steps) print(texts.planned(step));
      for (const { verdict, consumers } of restored ?? []) print(texts.restored(verdict, consumers));
      if (!restored) print(options.apply ? "  nothing was restored" : texts.dryRun);
    }
    return { id: manifest.id, steps, restored };
  });
  return results.every(
    ({ steps, restored }) =>
      steps.every(({ kind }) => kind !== "refused") &&
      (restored ?? []).every(({ verdict }) => verdict.result !== "different"),
  );
}

/** Processes one account after the other; prints a title for each, or everything as JSON at the end. */
async function each<Result extends object>(
  scopes: readonly BackupScope[],
  { json }: BackupCommandOptions,
  work: (scope: BackupScope) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of scopes) {
    if (!json) print(`cluster ${one.scope.cluster}, account ${one.scope.account}`);
    results.push(await work(one));
  }
  if (json) printJson(results.map((result, i) => ({ ...scopes[i]?.scope, ...result })));
  return results;
}
