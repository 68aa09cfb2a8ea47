import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { NatsClient } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { endOnLostTrust, trustWatch } from "../common/lost-trust";
import { programLog } from "../common/program-log";
import { connectAws } from "./aws";
import { buildHttp } from "./http";
import { loadSettings } from "./settings";
import { BacklogWatch } from "./watch";

async function main(): Promise<void> {
  const { env, client: options } = loadSettings(process.env);
  const log = programLog({ name: "backlog", level: env.LOG_LEVEL });
  const client = new NatsClient({ ...options, name: "backlog" });
  const everyMs = env.EVERY_SECONDS * 1000;
  const watch = new BacklogWatch({
    watched: env.BACKLOGS,
    ask: async (subject) => (await client.request(subject)).json(),
    aws: env.ECS_CLUSTER
      ? connectAws({ environment: env.ENVIRONMENT, cluster: env.CLUSTER, ecsCluster: env.ECS_CLUSTER })
      : undefined,
    everyMs,
    log,
  });
  const { server, rounds } = buildHttp(watch);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(env.HTTP_PORT, env.HTTP_HOST, resolve);
  });
  const { ca, caFile, servers } = options;
  if (ca ?? caFile)
    endOnLostTrust(
      trustWatch(servers, () => ca ?? readFileSync(caFile ?? "", "utf8")),
      log,
    );

  const end = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => end.abort());
  while (!end.signal.aborted) {
    await watch.round();
    rounds.inc();
    await sleep(everyMs, undefined, { signal: end.signal }).catch(() => {});
  }
  await client.close();
  log.info("stopped");
  process.exit(0);
}

main().catch((error: unknown) => {
  // The problems of an environment are for the operator; a stack trace would hide them.
  console.error(error instanceof EnvironmentError ? error.message : error);
  process.exit(1);
});
