import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsLimits } from "../common/aws-limits";
import { EnvironmentError } from "../common/environment-error";
import { programLog } from "../common/program-log";
import { runAgent } from "./agent";
import { awsStore } from "./aws-store";
import { fetchHealth } from "./health";
import { publishedDigests } from "./published";
import { loadAddress, loadSettings } from "./settings";

/** Runs `health`: queries the agent of this machine, and ends with 1 when the server could not start. */
async function health(): Promise<void> {
  const problems = await fetchHealth(loadAddress(process.env));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

async function agent(): Promise<void> {
  const env = loadSettings(process.env);
  const options = { name: "certificate-agent", level: env.LOG_LEVEL };
  // Synchronous: the last lines before an end are the ones that matter.
  const log = programLog(options).child({ server: env.SERVER_NAME });
  const end = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"]) process.once(name, () => end.abort());
  const clients = { s3: new S3Client(awsLimits()), secrets: new SecretsManagerClient(awsLimits()) };
  const { region, credentials } = clients.secrets.config;
  const published = publishedDigests(env.CONFIG_DIGESTS, {
    region,
    credentials,
    endpoint: process.env.AWS_ENDPOINT_URL_SSM ?? process.env.AWS_ENDPOINT_URL,
  });
  const store = awsStore({ ...clients, bucket: env.CONFIG_BUCKET, key: env.CONFIG_KEY, published });
  await runAgent({ env, store, log, signal: end.signal });
  log.info("stopped");
  // Calls under way would keep the process alive while they wait.
  process.exit(0);
}

(process.argv[2] === "health" ? health() : agent()).catch((error: unknown) => {
  // The problems of an environment are for the operator; a stack trace would hide them.
  console.error(error instanceof EnvironmentError ? error.message : error);
  process.exit(1);
});
