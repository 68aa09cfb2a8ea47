import type { Command } from "commander";
import type { Command as ProgramCommand } from "../../runtime/backup/settings";
import { runOnKubernetes } from "../backup/deployed";
import {
  type BackupCommandOptions,
  backupCommand,
  drillCommand,
  listCommand,
  restoreCommand,
} from "../backup/twin-commands";
import { projectRoot } from "../core/environments";
import { openTwin, type Twin } from "../twin/context";

interface Options extends BackupCommandOptions {
  deployed?: boolean;
}

export function registerBackup(program: Command): void {
  const backup = program.command("backup").description("backups of streams: taken, listed, proven, restored");
  const flags = (name: string, description: string) =>
    backup
      .command(name)
      .argument("<environment>")
      .description(description)
      .option("--deployed", "where the environment is deployed, in a Job on Kubernetes, instead of the twin")
      .option("--to <url>", "file:///folder, s3://bucket/prefix or gs://bucket/prefix (default: beside the twin)")
      .option("--key <file>", "file with keys, 32 bytes in base64 each; the first encrypts (default: the twin's)")
      .option("--cluster <name>", "of this cluster alone")
      .option("--account <name>", "of this account alone")
      .option("--json", "machine-readable result");
  const reading = (name: string, description: string) =>
    flags(name, description).option("--unencrypted", "trust backups from before there was a key, and no others");

  flags("run", "back up every stream; exit 1 when one of them could not be").action(act("backup", backupCommand));
  reading("list", "show the backups of each account").action(act("list", listCommand));
  reading("drill", "restore the last backup into an empty server and compare every message; exit 1 when one differs")
    .option("--id <id>", "this backup")
    .action(act("drill", drillCommand));
  reading("restore", "show what a restore would do, after reading the whole backup; --apply does it")
    .option("--id <id>", "this backup (default: the newest complete one)")
    .option("--streams <names...>", "these streams alone")
    .option("--replace <names...>", "streams that are there and may be deleted first; on a twin alone")
    .option("--apply", "restore")
    .action(act("restore", restoreCommand));
}

/** A command on the twin, or the program's command where the environment is deployed. */
const act =
  (command: ProgramCommand, onTwin: (twin: Twin, options: Options) => Promise<boolean>) =>
  async (name: string, options: Options): Promise<void> => {
    const root = projectRoot();
    const ok = options.deployed
      ? await runOnKubernetes(name, root, command, options)
      : await onTwin(await openTwin(name, root), options);
    if (!ok) process.exitCode = 1;
  };
