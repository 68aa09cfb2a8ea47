import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task, waitUntilTasksStopped } from "@aws-sdk/client-ecs";
import { z } from "zod";
import type { AwsStack, ProgramName } from "../../../model/topology";
import { awsNames } from "../../../model/topology";
import { UserError } from "../../core/project";
import { clientConfig, type DeployTarget } from "../target";

/** Output of the programs' stack: the task definition of each account's streams program, and where it runs. */
export const streamsOutput = "streams-tasks";
const StreamsTasks = z.object({
  taskDefinitions: z.record(z.string(), z.string()),
  ecsCluster: z.string(),
  subnets: z.array(z.string()),
  securityGroups: z.array(z.string()),
});

/** Container of the program. Others of its task help it. */
const program: ProgramName = "streams";
const maxWaitSeconds = 900;
/** ECS refuses anything but letters, numbers, hyphens, slashes and underscores; its clients do not check this. */
const startedBy = "natsform-deploy";

/**
 * Runs the streams program once for each account, and waits until it ends.
 *
 * @param output value of {@link streamsOutput}; without it there are no streams
 * @returns number of tasks that ran
 * @throws UserError when one fails
 */
export async function runStreamsTasks(
  target: Pick<DeployTarget, "environment" | "emulator" | "streamsMay">,
  { region, cluster }: Pick<AwsStack, "region" | "cluster">,
  output: unknown,
  progress: (text: string) => void,
): Promise<number> {
  if (output === undefined) return 0;
  const { taskDefinitions, ecsCluster, subnets, securityGroups } = StreamsTasks.parse(output);
  const client = new ECSClient(clientConfig(target, region));
  const allowed = Object.entries(target.streamsMay).map(([name, value]) => ({ name, value }));
  try {
    for (const [account, taskDefinition] of Object.entries(taskDefinitions)) {
      progress(`streams of ${account}`);
      const { tasks = [], failures = [] } = await client.send(
        new RunTaskCommand({
          cluster: ecsCluster,
          taskDefinition,
          launchType: "FARGATE",
          startedBy,
          overrides: { containerOverrides: [{ name: program, environment: allowed }] },
          networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: "DISABLED" } },
        }),
      );
      const arn = tasks[0]?.taskArn;
      if (!arn)
        throw new UserError(`the streams' task of ${account} does not start: ${failures[0]?.reason ?? "no reason"}`);
      const request = { cluster: ecsCluster, tasks: [arn] };
      await waitUntilTasksStopped({ client, maxWaitTime: maxWaitSeconds, minDelay: 2, maxDelay: 6 }, request);
      const ended = await client.send(new DescribeTasksCommand(request));
      const problem = streamsProblem(ended.tasks?.[0]);
      const log = awsNames(target.environment.name, region).logGroup(`${cluster}-streams`);
      if (problem)
        throw new UserError(`the streams of ${account} were not applied: ${problem}`, `see the log group ${log}`);
    }
  } finally {
    client.destroy();
  }
  return Object.keys(taskDefinitions).length;
}

/** Reason why an ended task of the streams program did not apply them; `undefined` when it did. */
export function streamsProblem(task: Task | undefined): string | undefined {
  const container = task?.containers?.find(({ name }) => name === program);
  if (container?.exitCode === 0) return undefined;
  if (container?.exitCode !== undefined) return `it ended with ${container.exitCode}`;
  const helper = task?.containers?.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  if (helper) return `its container ${helper.name} ended with ${helper.exitCode}`;
  return container?.reason ?? task?.stoppedReason ?? "it never ran";
}
