import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import type { Task } from "@aws-sdk/client-ecs";
import { awsClusterNames, awsNames, type ServerTopology } from "../../../model/topology";
import { type Runs, runsMessage, runsRepeatMs } from "../../../runtime/common/server-report";
import {
  type ConfObject,
  type IncludedFile,
  platformSite,
  renderedDigest,
  serverConf,
} from "../../../templates/nats-conf";
import { judgeDigest, renderedBy } from "../../core/judge-digest";
import { type CheckResult, checkRow, type DeployRow } from "../../core/rows";
import { leafIncludes } from "../leaf-includes";
import { clientConfig, type DeployTarget } from "../target";
import { judgeHeldAccounts } from "./check-accounts";
import type { CheckedCluster } from "./checked-cluster";
import { tasksOf } from "./tasks";

/**
 * Every server runs what was rendered for it. Its monitoring port is reached inside of the VPC alone: so the agent beside
 * it says in its log which digest it reports. On an emulated AWS no server runs.
 */
export async function checkServers(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  if (target.emulator) return [];
  const { topology, trust } = target;
  const client = new CloudWatchLogsClient(clientConfig(target, region));
  const include = await leafIncludes(target, cluster);
  const taskOf = async ({ name }: ServerTopology) => {
    const [task] = await tasksOf(target, region, awsClusterNames(target.environment.name, cluster.name).service(name));
    return { task, group: awsNames(target.environment.name, region).logGroup(name) };
  };
  try {
    const rows = cluster.servers.map((server) =>
      checkRow("servers", `${server.name}: runs what is rendered`, async () => {
        const { task, group } = await taskOf(server);
        const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
        return task ? judgeTask(client, group, task, conf, include) : { ok: false, seen: "no task runs" };
      }),
    );
    const accounts = checkRow("servers", `${cluster.name}: accounts with data are known`, async () => {
      const reports = cluster.servers.map(async (server) => {
        const { task, group } = await taskOf(server);
        return [server.name, task && (await newestRuns(client, group, task))] as const;
      });
      return judgeHeldAccounts(topology.identity, trust, new Map(await Promise.all(reports)));
    });
    return await Promise.all([...rows, accounts]);
  } finally {
    client.destroy();
  }
}

/** Judges by the newest lines of the agent and of the server in the logs of one task. */
export async function judgeTask(
  client: CloudWatchLogsClient,
  group: string,
  task: Pick<Task, "taskArn">,
  conf: ConfObject,
  include: IncludedFile,
): Promise<CheckResult> {
  const runs = await newestRuns(client, group, task);
  if (!runs) return { ok: false, seen: "the agent beside it has not said what it runs" };
  const rendered = renderedBy(() => renderedDigest(conf, include));
  const judged = judgeDigest(runs.digest, rendered, "");
  if (judged.ok || runs.refused === undefined) return judged;
  const log = (await said(client, group, task, "nats", '"reload server configuration"')).join("\n");
  const named = judgeDigest(runs.digest, rendered, log);
  return named.seen === judged.seen ? { ...judged, seen: `${judged.seen}; ${runs.refused}` } : named;
}

/** What the agent of a task said last; undefined when it said nothing for long. */
export const newestRuns = async (
  client: CloudWatchLogsClient,
  group: string,
  task: Pick<Task, "taskArn">,
): Promise<Runs | undefined> => (await said(client, group, task, "agent", `"${runsMessage}"`)).flatMap(runsIn).at(-1);

/** Lines of one container of a task. */
function said(
  client: CloudWatchLogsClient,
  group: string,
  { taskArn = "" }: Pick<Task, "taskArn">,
  container: string,
  pattern: string,
): Promise<string[]> {
  const id = taskArn.slice(taskArn.lastIndexOf("/") + 1);
  return linesOf(client, { group, stream: `${container}/${container}/${id}`, pattern, sinceMs: 2 * runsRepeatMs });
}

interface Wanted {
  group: string;
  /** Stream of one container of one task. */
  stream: string;
  pattern: string;
  sinceMs: number;
}

/** Lines in the order in which they were written. */
async function linesOf(client: CloudWatchLogsClient, { group, stream, pattern, sinceMs }: Wanted): Promise<string[]> {
  const lines: { at: number; text: string }[] = [];
  const request = {
    logGroupName: group,
    logStreamNames: [stream],
    filterPattern: pattern,
    startTime: Date.now() - sinceMs,
  };
  for await (const { events = [] } of paginateFilterLogEvents({ client }, request))
    lines.push(...events.map(({ timestamp: at = 0, message: text = "" }) => ({ at, text })));
  return lines.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

function runsIn(line: string): Runs[] {
  try {
    const { runs } = JSON.parse(line) as { runs?: Runs };
    return runs ? [runs] : [];
  } catch {
    return [];
  }
}
