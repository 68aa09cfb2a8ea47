import { readFileSync } from "node:fs";
import { NatsClient } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { endOnLostTrust, trustWatch } from "../common/lost-trust";
import { programLog } from "../common/program-log";
import { RESPONDER_INBOX_PREFIX } from "./contract";
import { startNatsAuthCalloutService } from "./service";
import { loadSettings } from "./settings";

async function main(): Promise<void> {
  const { nats, callout, logLevel } = loadSettings(process.env);
  const log = programLog({ name: "auth-callout", level: logLevel });
  const natsService = () => new NatsClient({ ...nats, name: "auth-callout", inboxPrefix: RESPONDER_INBOX_PREFIX });
  const service = await startNatsAuthCalloutService({ ...callout, natsService, log });
  const { servers, ca, caFile } = nats;
  if (ca ?? caFile)
    endOnLostTrust(
      trustWatch(servers, () => ca ?? readFileSync(caFile ?? "", "utf8")),
      log,
    );

  const stop = async (signal: string) => {
    log.info({ signal }, "stopping");
    await service.stop();
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
