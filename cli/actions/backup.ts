import type { Command as ProgramCommand } from "../../runtime/backup/settings";
import {
  backUpEnvironment,
  drillBackups,
  listEnvironmentBackups,
  type OneBackupProps,
  restoreBackups,
} from "../backup/commands";
import { runOnKubernetes } from "../backup/deployed";
import type { RestoreOptions } from "../backup/twin";
import type { Host } from "../core/host";
import { commandHost } from "../core/hosts";
import { printJson } from "../core/output";

interface Options extends OneBackupProps, RestoreOptions {
  deployed?: boolean;
  json?: boolean;
}

/** What a command returns, and whether it succeeded. */
interface Outcome {
  results: object[];
  ok: boolean;
}

const onTwin: Record<
  Exclude<ProgramCommand, "prune">,
  (name: string, options: Options, host: Host) => Promise<Outcome>
> = {
  backup: async (name, options, host) => {
    const results = await backUpEnvironment(name, options, host);
    return { results, ok: results.every(({ complete }) => complete) };
  },
  list: async (name, options, host) => ({ results: await listEnvironmentBackups(name, options, host), ok: true }),
  drill: async (name, options, host) => {
    const results = await drillBackups(name, options, host);
    return { results, ok: results.every(({ verdicts }) => verdicts.every(({ result }) => result === "same")) };
  },
  restore: async (name, options, host) => {
    const results = await restoreBackups(name, options, host);
    const isRestored = ({ steps, restored = [] }: (typeof results)[number]) =>
      steps.every(({ kind }) => kind !== "refused") && restored.every(({ verdict }) => verdict.result !== "different");
    return { results, ok: results.every(isRestored) };
  },
};

/** A command on the twin, or the program's command where the environment is deployed. */
export async function backup(command: keyof typeof onTwin, name: string, options: Options): Promise<void> {
  const host = commandHost(options);
  const { results, ok } = options.deployed
    ? await onCluster(command, name, options, host)
    : await onTwin[command](name, options, host);
  if (options.json) printJson(results);
  if (!ok) process.exitCode = 1;
}

async function onCluster(command: ProgramCommand, name: string, options: Options, host: Host): Promise<Outcome> {
  const results = await runOnKubernetes(name, command, options, host);
  return { results, ok: results.every(({ succeeded }) => succeeded) };
}
