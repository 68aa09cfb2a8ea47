import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { AwsStack } from "../../../model/topology";
import { errorMessage } from "../../../runtime/common/error-message";
import { UserError } from "../../core/project";
import type { DeployDriver } from "../driver";
import { applyPlan, outputsOf } from "../plan";
import { clientConfig } from "../target";
import { checkAws } from "./check";
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
    try {
      const client = new STSClient(clientConfig(target, regions[0] ?? ""));
      const { Account } = await client.send(new GetCallerIdentityCommand({}));
      return [`account ${Account}, ${regions.join(", ")}`];
    } catch (error) {
      throw new UserError(
        `AWS does not accept the caller's credentials: ${errorMessage(error)}`,
        "set credentials as for AWS's own tools",
      );
    }
  },
  unknownToState: async (target, stack) => (stack.layer === "foundation" ? foundationsOf(target, stack.region) : []),
  // The streams' task runs at every deployment.
  refuse: async () => undefined,
  due: async (target, { layer, cluster }, now) => (layer === "nats" ? dueCertificates(target, cluster, now) : {}),
  drifted: async () => [],
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
