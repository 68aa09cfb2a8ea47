import { EnvironmentError } from "../common/environment-error";
import { endOnLostTrust, trustWatch } from "../common/lost-trust";
import { programLog } from "../common/program-log";
import { startHttpGateway } from "./service";
import { loadSettings } from "./settings";

async function main(): Promise<void> {
  const { logLevel, ...options } = loadSettings(process.env);
  const log = programLog({ name: "http-gateway", level: logLevel });
  const gateway = await startHttpGateway({ ...options, log });
  const { ca } = options;
  if (ca !== undefined)
    endOnLostTrust(
      trustWatch(options.servers, () => ca),
      log,
    );

  const stop = async (signal: string) => {
    log.info({ signal }, "stopping");
    await gateway.stop();
    log.info("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void stop(signal));
}

main().catch((error: unknown) => {
  // The problems of an environment are for the operator; a stack trace would hide them.
  console.error(error instanceof EnvironmentError ? error.message : error);
  process.exit(1);
});
