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
import { leaving } from "../core/interrupts";
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

/** What an interrupt leaves. */
const leftOnTwin: Record<keyof typeof onTwin, string> = {
  backup: "what was not complete is no backup, and the next one removes it",
  list: "nothing was changed",
  drill: "nothing was proven, and nothing was changed",
  restore: "a stream that was being restored is not complete",
};
const leftOnCluster = "a Job that was started goes on by itself";

/** A command on the twin, or the program's command where the environment is deployed. */
export async function backup(command: keyof typeof onTwin, name: string, options: Options): Promise<void> {
  const host = commandHost(options);
  const left = options.deployed ? leftOnCluster : leftOnTwin[command];
  const { results, ok } = await leaving({ what: left, goOn: "run the same command again" }, () =>
    options.deployed ? onCluster(command, name, options, host) : onTwin[command](name, options, host),
  );
  if (options.json) printJson(results);
  if (!ok) process.exitCode = 1;
}

async function onCluster(command: ProgramCommand, name: string, options: Options, host: Host): Promise<Outcome> {
  const results = await runOnKubernetes(name, command, options, host);
  return { results, ok: results.every(({ succeeded }) => succeeded) };
}
