import { createInterface } from "node:readline/promises";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { print, runTasks } from "../output";
import { UserError } from "../project";
import { endCheck } from "./check";
import { destroyStack } from "./destroy";
import { applyPlan, outputsOf } from "./plan";
import { showPlan, showPlans } from "./show-plan";
import type { DeployedStack } from "./stacks";
import { allOutputs, type DeployResult, fillFoundation, synthesizeStacks } from "./steps";
import { runStreamsTasks, streamsOutput } from "./streams-tasks";
import { clientConfig, type DeployTarget, stacksOf } from "./target";

/** Deploys to the account that the caller's credentials open: nothing is changed that was not shown and agreed to. */
export async function deployToAccount(target: DeployTarget, agreed: boolean, result: DeployResult): Promise<void> {
  const stacks = await prepare(target);
  for (const stack of stacks) {
    const { changes } = await showPlan(target, stack);
    result.applied[stack.id] = changes.length;
    if (changes.length > 0) {
      await confirm(`Apply ${changes.length} changes of ${stack.id}?`, agreed);
      await step(`Apply ${stack.id}`, (progress) => applyPlan(target, stack.id, progress));
    }
    if (stack.layer === "foundation")
      await step("Keys and images", (progress) => fillFoundation(target, stack, progress));
    if (stack.layer === "programs")
      await step(`Streams of ${stack.cluster}`, async (progress) => {
        const output = (await outputsOf(target, stack.id))[streamsOutput];
        await runStreamsTasks(target, stack, output, progress);
      });
  }
  result.outputs = await allOutputs(target, stacks);
  await step("Check", async () => {
    result.rows = await endCheck(target, stacks);
  });
}

/** Shows what a deployment would change. */
export async function planAccount(target: DeployTarget): Promise<void> {
  await showPlans(target, await prepare(target));
}

/** Removes everything, the last applied first. */
export async function destroyInAccount(target: DeployTarget, agreed: boolean): Promise<void> {
  const { name, deletionProtection } = target.environment;
  if (deletionProtection)
    throw new UserError(
      `${name} is protected from deletion`,
      "set deletionProtection: false in its file and deploy that first",
    );
  const stacks = await prepare(target);
  await confirm(`Remove everything of ${name}: ${stacks.map(({ id }) => id).join(", ")}?`, agreed);
  for (const stack of [...stacks].reverse())
    await step(`Destroy ${stack.id}`, async (progress) => void (await destroyStack(target, stack, progress)));
}

async function prepare(target: DeployTarget): Promise<DeployedStack[]> {
  const region = stacksOf(target)[0]?.region ?? "";
  let account: string | undefined;
  try {
    account = (await new STSClient(clientConfig(target, region)).send(new GetCallerIdentityCommand({}))).Account;
  } catch (error) {
    throw new UserError(
      `AWS does not know who calls: ${(error as Error).message}`,
      "give credentials as AWS's tools expect them",
    );
  }
  print(`account ${account}, ${region}`);
  let stacks: DeployedStack[] = [];
  await step("Stacks", async () => {
    stacks = await synthesizeStacks(target);
  });
  return stacks;
}

/** One step as it is shown everywhere else; plans and questions come in between. */
const step = (title: string, work: (progress: (text: string) => void) => Promise<void>) =>
  runTasks([
    {
      title,
      task: (_, task) =>
        work((text) => {
          task.output = text;
        }),
    },
  ]);

/** @throws UserError unless the answer is yes */
async function confirm(question: string, agreed: boolean): Promise<void> {
  if (agreed) return;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    if ((await terminal.question(`${question} Only "yes" is taken as yes: `)).trim() === "yes") return;
  } finally {
    terminal.close();
  }
  throw new UserError("not agreed to, and not done");
}
