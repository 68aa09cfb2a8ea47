import { pino } from "pino";
import { connectAws } from "./aws";
import { buildClients } from "./clients";
import { buildHandler } from "./handler";
import { loadSettings } from "./settings";

const env = loadSettings(process.env);

// Synchronous: between invocations the process stands still, and what is not written by then comes late or never.
const stdout = pino.destination({ sync: true });
const clients = buildClients();

export const handler = buildHandler({
  env,
  connect: (abortSignal) =>
    connectAws({ ...clients, ecsCluster: env.ECS_CLUSTER, hostedZoneId: env.HOSTED_ZONE_ID, abortSignal }),
  log: pino({ name: "dns-sync", level: env.LOG_LEVEL }, stdout),
  print: (line) => void stdout.write(`${line}\n`),
  now: Date.now,
});
