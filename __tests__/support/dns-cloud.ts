import { owner, ownershipName, recordName } from "./dns-records";
import { buildServers, ecsCluster } from "./dns-servers";
import { buildZone } from "./dns-zone";
import { startFaultProxy } from "./fault-proxy";
import { startOpenMoto } from "./moto";

/** How the SDK's clients reach it. */
export interface EmulatedAws {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export type DnsCloud = Awaited<ReturnType<typeof startDnsCloud>>;

/** Starts an emulated AWS with an ECS cluster and a hosted zone, behind a proxy that gives tasks a health. */
export async function startDnsCloud() {
  const moto = await startOpenMoto();
  /** Health by task; HEALTHY where it is not set. */
  const health = new Map<string, string>();
  const proxy = await startFaultProxy(moto.url, ({ action }, answer) =>
    action === "DescribeTasks" ? withHealth(answer, health) : answer,
  );
  const stop = async () => {
    await proxy.stop();
    await moto.stop();
  };
  try {
    const credentials = { accessKeyId: "AKIATEST", secretAccessKey: "test" };
    const aws: EmulatedAws = { region: "eu-west-1", endpoint: moto.url, credentials };
    const [servers, zone] = [await buildServers(aws), await buildZone(aws)];
    /** For the function: AWS behind the proxy, and what the program asks for. */
    const environment = (services: readonly string[], more: Record<string, string> = {}): Record<string, string> => ({
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ECS_CLUSTER: ecsCluster,
      ECS_SERVICES: services.join(","),
      HOSTED_ZONE_ID: zone.zoneId,
      RECORD_NAME: recordName,
      OWNERSHIP_RECORD_NAME: ownershipName,
      OWNER: owner,
      ...more,
    });
    return { aws, proxy, health, ...servers, ...zone, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The answer of DescribeTasks with each task's health, which moto leaves out. */
function withHealth(answer: string, health: ReadonlyMap<string, string>): string {
  const described = JSON.parse(answer) as { tasks: { taskArn: string; healthStatus?: string }[] };
  for (const task of described.tasks) task.healthStatus = health.get(task.taskArn) ?? "HEALTHY";
  return JSON.stringify(described);
}
