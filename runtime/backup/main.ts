import { pino } from "pino";
import { NatsClient } from "../client";
import { EnvironmentError } from "../environment-files";
import { load } from "./load";
import { COMMANDS, type Command, EXIT, type ExitCode, run } from "./run";
import { TargetError } from "./target";

/** `backup`, `list`, `restore`, `drill` or `prune`; all else stands in the environment. */
async function main(): Promise<ExitCode> {
  const command = COMMANDS.find((known): known is Command => known === (process.argv[2] ?? "backup"));
  if (!command) throw new EnvironmentError(`no such command: ${process.argv[2]}; known: ${COMMANDS.join(", ")}`);
  const settings = await load(process.env);
  const log = pino({ name: "backup", level: settings.logLevel });
  const client = new NatsClient({ ...settings.client, name: "backup" });
  try {
    return await run(command, { settings, log, now: () => new Date(), connect: () => client.connection() });
  } finally {
    await client.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // The problems of an environment are for the operator; a stack trace would hide them.
    const known = error instanceof EnvironmentError || error instanceof TargetError;
    console.error(known ? error.message : error);
    process.exitCode = EXIT.failed;
  },
);
