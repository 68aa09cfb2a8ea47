import { setTimeout } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Route53Client } from "@aws-sdk/client-route-53";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Logger } from "pino";
import { connectAwsJson } from "../common/aws-json";
import { awsLimits } from "../common/aws-limits";
import { accountKey } from "./acme/account";
import { route53Challenges } from "./acme/challenges";
import { acmeServer, fetchRenewalInfo } from "./acme/server";
import { connectPca } from "./aws/acm-pca";
import { awsLeases } from "./aws/leases";
import { awsSecrets } from "./aws/secrets";
import { awsServers } from "./aws/server-reports";
import { awsStates } from "./aws/states";
import { pcaAuthority, pcaIssuer } from "./issuers/acm-pca";
import { acmeIssuer } from "./issuers/acme";
import { newPrivateAuthority, privateIssuer } from "./issuers/private";
import { metricLine } from "./metrics";
import type { Issuer, Ports } from "./ports";
import type { Settings } from "./settings";

/** No call outlives its run by much: a hanging call is repeated, then given up. */
const client = awsLimits({ answerMs: 10_000 });

/** The ports of a deployed function: AWS as the environment says, and the ACME server of the settings. */
export function connect(settings: Settings, log: Logger, write: (line: string) => void, clock = Date.now): Ports {
  const secretsClient = new SecretsManagerClient(client);
  const stateClient = new DynamoDBClient(client);
  // Clients measure how far the machine's clock is off when it is so by more than five minutes.
  const now = () => new Date(clock() + (secretsClient.config.systemClockOffset || 0));
  const secrets = awsSecrets(secretsClient);
  const sleep: Ports["sleep"] = (ms, signal) => setTimeout(ms, undefined, { signal });
  const { acme } = settings;
  const challenges = acme && route53Challenges(new Route53Client({ ...client, maxAttempts: 6 }), acme.hostedZoneId);
  const server = (url: string) => async () =>
    acmeServer(url, await accountKey(secrets, acme?.accountSecret ?? ""), acme?.contact);
  const publicIssuer =
    acme && challenges
      ? acmeIssuer({
          server: server(acme.directoryUrl),
          staging: acme.stagingUrl ? server(acme.stagingUrl) : undefined,
          challenges,
          sleep,
          log,
        })
      : undefined;
  const { region, credentials } = secretsClient.config;
  const where = { region, credentials, endpoint: process.env.AWS_ENDPOINT_URL };
  const pca = connectPca(where);
  const byPca = pcaIssuer(pca, sleep);
  // A rollover may lead from an authority of our own to one of ACM PCA, or back.
  const byAuthority: Issuer = {
    issue: (attempt) => (attempt.set?.current.arn ? byPca : privateIssuer).issue(attempt),
  };

  return {
    now,
    random: Math.random,
    sleep,
    secrets,
    states: awsStates(stateClient, settings.stateTable),
    leases: awsLeases(stateClient, settings.stateTable, now),
    servers: awsServers(connectAwsJson("logs", "Logs_20140328", where), settings.serverLogs, now),
    issuer: (name) => (name === "acme" && publicIssuer ? publicIssuer : byAuthority),
    newAuthority: (issuer, at, arn) => (arn ? pcaAuthority(pca, arn) : newPrivateAuthority(issuer, at)),
    fetchRenewalInfo: async (certificate) => (acme ? fetchRenewalInfo(acme.directoryUrl, certificate) : {}),
    removeChallenges: async (values) => challenges?.remove(values),
    log,
    metric: (secret, values) => write(`${metricLine(secret, values, now())}\n`),
  };
}
