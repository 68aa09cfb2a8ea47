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
  const backup = program.command("backup").description("take, list, verify and restore backups of streams");
  const flags = (name: string, description: string) =>
    backup
      .command(name)
      .argument("<environment>")
      .description(description)
      .option("--deployed", "use the deployed environment, in a Job on Kubernetes, instead of the twin")
      .option("--to <url>", "file:///folder, s3://bucket/prefix or gs://bucket/prefix (default: beside the twin)")
      .option("--key <file>", "file with keys, 32 bytes in base64 each; the first encrypts (default: the twin's)")
      .option("--cluster <name>", "only this cluster")
      .option("--account <name>", "only this account")
      .option("--json", "machine-readable result");
  const reading = (name: string, description: string) =>
    flags(name, description).option("--unencrypted", "use only backups that were made without encryption");

  flags("run", "back up every stream; exit 1 when one cannot be backed up").action(act("backup", backupCommand));
  reading("list", "show the backups of each account").action(act("list", listCommand));
  reading("drill", "restore the last backup into an empty server and compare every message; exit 1 when one differs")
    .option("--id <id>", "backup to use (default: the newest complete one)")
    .action(act("drill", drillCommand));
  reading("restore", "read the whole backup and show what a restore would do; --apply restores")
    .option("--id <id>", "backup to use (default: the newest complete one)")
    .option("--streams <names...>", "only these streams")
    .option("--replace <names...>", "existing streams that may be deleted first; twins only")
    .option("--apply", "restore the streams")
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
