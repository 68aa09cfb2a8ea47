import type { Command } from "commander";
import { describe } from "../../runtime/backup/run";
import { projectRoot } from "../environments";
import { print, printJson, table } from "../output";
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
} from "../twin/backup";
import { openTwin } from "../twin/context";

interface Options extends BackupOptions, RestoreOptions {
  id?: string;
  json?: boolean;
}

export function registerBackup(program: Command): void {
  const backup = program.command("backup").description("backups of streams: taken, listed, proven, restored");
  const flags = (name: string, description: string) =>
    backup
      .command(name)
      .argument("<environment>")
      .description(description)
      .option("--to <url>", "file:///folder, s3://bucket/prefix or gs://bucket/prefix (default: beside the twin)")
      .option("--key <file>", "file with keys, 32 bytes in base64 each; the first encrypts")
      .option("--cluster <name>", "of this cluster alone")
      .option("--account <name>", "of this account alone")
      .option("--json", "machine-readable result");

  flags("run", "back up every stream; exit 1 when one of them could not be").action(
    async (name: string, options: Options) => {
      const twin = await openTwin(name, projectRoot());
      const results = await each(await backupScopes(twin, options), options, async (one) => {
        const { manifest, alarms, pruned } = await backUpTwin(twin, one);
        if (!options.json) {
          for (const { stream, consumer, what } of manifest.holes)
            print(`  ! ${consumer ? `${stream}/${consumer}` : stream}: ${what}`);
          for (const { stream, what } of alarms) print(`  ! ${stream}: ${what}`);
          for (const { name, state, data } of manifest.streams)
            print(`  ✔ ${name}: ${state.messages} messages, ${data.bytes} bytes stored`);
          print(`  ${manifest.id} in ${one.target.name}${pruned.length > 0 ? `, ${pruned.length} older removed` : ""}`);
        }
        return { id: manifest.id, complete: manifest.complete, holes: manifest.holes, alarms, pruned };
      });
      fail(results.some(({ complete }) => !complete));
    },
  );

  flags("list", "show the backups of each account").action(async (name: string, options: Options) => {
    const twin = await openTwin(name, projectRoot());
    await each(await backupScopes(twin, options), options, async (one) => {
      const rows = (await listBackups(one)).map(describe);
      if (!options.json && rows.length === 0) print("  none");
      if (!options.json && rows.length > 0)
        print(
          table(
            rows.map(({ id, state, streams, messages, bytes, holes }) => [
              `  ${id}`,
              state,
              ...(streams === undefined
                ? []
                : [`${streams} streams`, `${messages} messages`, `${bytes} bytes`, `${holes} holes`]),
            ]),
          ),
        );
      return { backups: rows };
    });
  });

  flags("drill", "restore the last backup into an empty server and compare every message; exit 1 when one differs")
    .option("--id <id>", "this backup")
    .action(async (name: string, options: Options) => {
      const twin = await openTwin(name, projectRoot());
      const results = await each(await backupScopes(twin, options), options, async (one) => {
        const manifest = await findBackup(one, options.id);
        const verdicts = await drillTwin(one, manifest);
        if (!options.json)
          for (const { stream, result, what } of verdicts)
            print(`  ${result === "same" ? "✔" : "✖"} ${stream}: ${what}`);
        return { id: manifest.id, verdicts };
      });
      fail(results.some(({ verdicts }) => verdicts.some(({ result }) => result !== "same")));
    });

  flags("restore", "show what a restore would do, after reading the whole backup; --apply does it")
    .option("--id <id>", "this backup (default: the newest complete one)")
    .option("--streams <names...>", "these streams alone")
    .option("--replace <names...>", "streams that are there and may be deleted first")
    .option("--apply", "restore")
    .action(async (name: string, options: Options) => {
      const twin = await openTwin(name, projectRoot());
      const results = await each(await backupScopes(twin, options), options, async (one) => {
        const manifest = await findBackup(one, options.id);
        const { steps, restored } = await restoreTwin(twin, one, manifest, options);
        if (!options.json) {
          for (const { stream, kind, reason } of steps) print(`  ${marks[kind]} ${stream}: ${reason}`);
          for (const { verdict, consumers } of restored ?? []) {
            print(`  ${verdict.result === "different" ? "✖" : "✔"} ${verdict.stream}: restored, ${verdict.what}`);
            for (const { name, remark } of consumers) if (remark) print(`  ! ${verdict.stream}/${name}: ${remark}`);
          }
          if (!restored) print(options.apply ? "  nothing was restored" : "  dry run: --apply restores");
        }
        return { id: manifest.id, steps, restored };
      });
      fail(
        results.some(
          ({ steps, restored }) =>
            steps.some(({ kind }) => kind === "refused") ||
            restored?.some(({ verdict }) => verdict.result === "different"),
        ),
      );
    });
}

const marks = { restore: "+", replace: "~", refused: "!" } as const;

/** Does one account after the other; prints a title for each, or everything as data at the end. */
async function each<Result extends object>(
  scopes: readonly BackupScope[],
  { json }: Options,
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

function fail(failed: boolean): void {
  if (failed) process.exitCode = 1;
}
