import { NatsClient } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { programLog } from "../common/program-log";
import { EXIT, type ExitCode, run } from "./run";
import { endServer } from "./scratch-sidecar";
import { COMMANDS, type Command, loadSettings } from "./settings";
import { TargetError } from "./target";

/** Runs `backup`, `list`, `restore`, `drill` or `prune`; everything else comes from the environment. */
async function main(): Promise<ExitCode> {
  const command = COMMANDS.find((known): known is Command => known === (process.argv[2] ?? "backup"));
  if (!command) throw new EnvironmentError(`no such command: ${process.argv[2]}; known: ${COMMANDS.join(", ")}`);
  const settings = await loadSettings(command, process.env);
  const log = programLog({ name: "backup", level: settings.logLevel });
  const client = settings.client && new NatsClient({ ...settings.client, name: "backup" });
  const connect = () => client?.connection() ?? Promise.reject(new Error(`${command} logs in nowhere`));
  try {
    return await run(command, { settings, log, now: () => new Date(), connect });
  } finally {
    await client?.close();
  }
}

main()
  // After a failure, too: a pod ends when all of its containers have.
  .finally(() => endServer(process.env.DRILL_PID_FILE))
  .then(
    // What a run was waiting for when its time was over would keep the process alive.
    (code) => process.exit(code),
    (error: unknown) => {
      // The problems of an environment are for the operator; a stack trace would hide them.
      const known = error instanceof EnvironmentError || error instanceof TargetError;
      console.error(known ? error.message : error);
      process.exit(EXIT.failed);
    },
  );
