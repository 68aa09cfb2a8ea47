import type { AwsStack } from "../../../model/topology";
import type { DeployDriver } from "../driver";
import { applyPlan, outputsOf } from "../plan";
import { accountOf, callersAccount } from "./account";
import { checkAws } from "./check";
import { driftedCertificates } from "./drifted-certificates";
import { dueCertificates } from "./due-certificates";
import { fillFoundation } from "./fill-foundation";
import { foundationsOf } from "./foundations";
import { respondersFirst } from "./responders-first";
import { applyServers } from "./restarts";
import { runStreamsTasks, streamsOutput } from "./streams-tasks";

/** Clusters on ECS, in the account that the caller's credentials open. */
export const awsDriver: DeployDriver<AwsStack> = {
  describeTarget: async (target, stacks) => {
    const regions = [...new Set(stacks.map(({ region }) => region))];
    return [`account ${await callersAccount(target, regions[0] ?? "")}, ${regions.join(", ")}`];
  },
  unknownToState: async (target, stack) => (stack.layer === "foundation" ? foundationsOf(target, stack.region) : []),
  elsewhere: async (target, { region }, state) => {
    const known = accountOf(state);
    if (known === undefined) return undefined;
    const account = await callersAccount(target, region);
    return known === account ? undefined : `it is in the account ${known}, and the credentials open ${account}`;
  },
  // The streams' task runs at every deployment.
  refuse: async () => undefined,
  due: async (target, { layer, cluster }, now) => (layer === "nats" ? dueCertificates(target, cluster, now) : {}),
  drifted: async (target, stack, changed, show) =>
    stack.layer === "certificates" ? driftedCertificates(target, stack, changed, show) : [],
  before: async (target, stack, progress) => {
    if (stack.layer === "nats") await respondersFirst(target, stack, progress);
  },
  apply: (target, stack, plan, progress) =>
    stack.layer === "nats" ? applyServers(target, stack, plan, progress) : applyPlan(target, stack.id, progress),
  after: (target, stack) => {
    if (stack.layer === "foundation")
      return { title: "Keys and images", work: (progress) => fillFoundation(target, stack, progress) };
    if (stack.layer !== "programs") return undefined;
    return {
      title: `Streams of ${stack.cluster}`,
      work: async (progress) => {
        const output = (await outputsOf(target, stack.id))[streamsOutput];
        await runStreamsTasks(target, stack, output, progress);
      },
    };
  },
  explain: async () => [],
  finish: () => [],
  check: checkAws,
  retainedResources: async () => [],
};
