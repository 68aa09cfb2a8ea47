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

const onTwin: Record<Exclude<ProgramCommand, "prune">, (twin: Twin, options: Options) => Promise<boolean>> = {
  backup: backupCommand,
  list: listCommand,
  drill: drillCommand,
  restore: restoreCommand,
};

/** A command on the twin, or the program's command where the environment is deployed. */
export async function backup(command: keyof typeof onTwin, name: string, options: Options): Promise<void> {
  const root = projectRoot();
  const ok = options.deployed
    ? await runOnKubernetes(name, root, command, options)
    : await onTwin[command](await openTwin(name, root), options);
  if (!ok) process.exitCode = 1;
}
