import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { kubernetesNames, streamAccounts, streamsInbox } from "../../../model/topology";
import { errorMessage } from "../../../runtime/common/error-message";
import { type Action, isEmpty, refusals } from "../../../runtime/streams/action";
import { renderPlan } from "../../../runtime/streams/render";
import { streamsPlan } from "../../core/judge-streams";
import type { Progress } from "../../core/output";
import { type DeployTarget, stackFolder } from "../target";
import { withServers } from "./connection";

const type = "kubernetes_job_v1";
const Synthesized = z.object({
  resource: z.object({ [type]: z.record(z.string(), z.object({ metadata: z.object({ name: z.string() }) })) }),
});

/** Address of each account's Job in a synthesized stack: its name is the account's, and a digest of what it was given. */
export function jobAddresses(
  stack: unknown,
  accounts: readonly string[],
  nameOf: (account: string) => string,
): Map<string, string> {
  const jobs = Object.entries(Synthesized.parse(stack).resource[type]);
  return new Map(
    accounts.flatMap((account) =>
      jobs
        .filter(([, { metadata }]) => metadata.name.replace(/-[0-9a-f]{8}$/, "") === nameOf(account))
        .map(([id]): [string, string] => [account, `${type}.${id}`]),
    ),
  );
}

/**
 * Whether a Job that is done puts streams right when it runs again; undefined where nothing is to be done. One that refuses
 * would fail the deployment there, and every later one: the streams' row at the end says so without that.
 */
export const runsAgain = (plan: readonly Action[]): boolean | undefined =>
  isEmpty(plan) ? undefined : refusals(plan).length === 0;

/**
 * Jobs that are done, and whose streams somebody has changed or deleted since. A Job runs once, so Terraform sees nothing of
 * it. Without a way to the servers nothing is known, and the rows of the end say so again.
 */
export async function driftedStreams(
  target: DeployTarget,
  { id, cluster }: KubernetesStack,
  changed: readonly string[],
  show: Progress,
): Promise<string[]> {
  const { topology, environment } = target;
  const stack: unknown = JSON.parse(readFileSync(join(stackFolder(target, id).path, "cdk.tf.json"), "utf8"));
  const names = kubernetesNames(environment.name, cluster);
  const jobs = jobAddresses(stack, streamAccounts(topology, cluster), names.streams);
  const done = [...jobs].filter(([, address]) => !changed.includes(address));
  if (done.length === 0) return [];
  const drifted: string[] = [];
  try {
    await withServers(target, cluster, async (connect) => {
      for (const [account, address] of done) {
        const connection = await (await connect(`streams-${account}`, streamsInbox)).connection();
        const plan = await streamsPlan(topology, cluster, account, connection);
        const runs = runsAgain(plan);
        if (runs === undefined) continue;
        const what = runs ? "their Job runs again" : "and their Job would refuse to put them right, so they stay";
        show(`streams of ${account} were changed by hand, ${what}:\n\n${renderPlan(plan)}\n`);
        if (runs) drifted.push(address);
      }
    });
  } catch (error) {
    show(`the streams could not be looked at: ${errorMessage(error).split("\n")[0]}`);
  }
  return drifted;
}
