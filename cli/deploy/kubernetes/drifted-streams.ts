import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { kubernetesNames, streamAccounts, streamsInbox } from "../../../model/topology";
import { errorMessage } from "../../../runtime/common/error-message";
import { type Action, isEmpty, refusals } from "../../../runtime/streams/action";
import { renderPlan } from "../../../runtime/streams/render";
import { streamsPlan } from "../../core/judge-streams";
import type { Progress } from "../../core/steps";
import { readSynthesized } from "../synthesized";
import type { DeployTarget } from "../target";
import { withServers } from "./connection";

const type = "kubernetes_job_v1";
const Synthesized = z.object({
  resource: z.object({ [type]: z.record(z.string(), z.object({ metadata: z.object({ name: z.string() }) })) }),
});

/** Address of each account's Job in a synthesized stack. A Job's name is the account's with a digest of its input. */
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
 * True when another run of a finished Job repairs the streams; `undefined` without a difference. A Job that refuses a
 * change would fail this deployment and every later one; the streams' row of the final check reports the difference
 * instead.
 */
export const runsAgain = (plan: readonly Action[]): boolean | undefined =>
  isEmpty(plan) ? undefined : refusals(plan).length === 0;

/**
 * Finished Jobs whose streams were changed or deleted since. A Job runs once, so Terraform does not notice. When the
 * servers cannot be reached, a message says so and no Job is returned; the rows of the final check report it as well.
 */
export async function driftedStreams(
  target: DeployTarget,
  { id, cluster }: KubernetesStack,
  changed: readonly string[],
  show: Progress,
): Promise<string[]> {
  const { topology, environment } = target;
  const stack = readSynthesized(target, id);
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
        const what = runs
          ? "their Job runs again"
          : "their Job would refuse to repair them, so they are left unchanged";
        show(`streams of ${account} differ from the configuration; ${what}:\n\n${renderPlan(plan)}\n`);
        if (runs) drifted.push(address);
      }
    });
  } catch (error) {
    show(`the streams cannot be checked: ${errorMessage(error).split("\n")[0]}`);
  }
  return drifted;
}
