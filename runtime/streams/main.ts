import { NatsClient } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { programLog } from "../common/program-log";
import { STREAMS_INBOX } from "./contract";
import { EXIT, type ExitCode, run } from "./run";
import { loadSettings } from "./settings";

async function main(): Promise<ExitCode> {
  const settings = loadSettings(process.env);
  const log = programLog({ name: "streams", level: settings.logLevel });
  const client = new NatsClient({ ...settings.client, name: "streams", inboxPrefix: STREAMS_INBOX });
  try {
    return await run(() => client.connection(), { ...settings.run, log });
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
    console.error(error instanceof EnvironmentError ? error.message : error);
    process.exitCode = EXIT.refused;
  },
);
