import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ListrTask } from "listr2";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import type { Environment } from "../../model/config";
import type { Topology } from "../../model/topology";
import { type AwsStack, isInFamily, stackPlan } from "../../model/topology";
import { UserError } from "../core/project";
import { EmulatorControl } from "../emulator/client";
import { inventory } from "../emulator/inventory";
import { removeEmulator } from "../emulator/start";
import { awsDriver } from "./aws/driver";
import { destroyStack } from "./destroy";
import { endCheck } from "./end-check";
import { applyAll, applyPlan, initStack, isApplied, planStack } from "./plan";
import { allOutputs, type DeployResult, synthesizeStacks } from "./steps";
import { type DeployTarget, stackFolder } from "./target";
import { emulatedTarget } from "./targets";

/** State that the steps of an emulated deployment share. */
export interface EmulatedState {
  target: DeployTarget;
  stacks: AwsStack[];
}

type Task = ListrTask<EmulatedState>;

/** The emulated AWS with the environment's stacks ready to be planned. */
export function prepareEmulated(root: string, environment: Environment, topology: Topology, removing = false): Task[] {
  return [
    {
      title: "Emulated AWS",
      task: async (state, task) => {
        state.target = { ...(await emulatedTarget({ root, environment, topology })), removing };
        await rememberBeginning(state.target);
        task.title = `Emulated AWS at ${state.target.emulator?.address.url}`;
      },
    },
    {
      title: "Stacks",
      task: async (state, task) => {
        state.stacks = (await synthesizeStacks(state.target)).filter(isInFamily("aws"));
        await Promise.all(state.stacks.map(({ id }) => initStack(state.target, id)));
        task.title = `Stacks: ${state.stacks.length} synthesized`;
      },
    },
  ];
}

/** Steps that deploy the environment to the emulated AWS, whatever is deployed there already. */
export function deployEmulated(result: DeployResult): Task[] {
  return [
    {
      title: "Apply",
      task: async ({ target, stacks }, task) => {
        for (const stack of stacks) {
          const progress = (text: string) => {
            task.output = text;
          };
          progress(stack.id);
          result.applied[stack.id] = await applyStack(target, stack, progress);
          await awsDriver.after(target, stack)?.work(progress);
        }
        result.outputs = await allOutputs(target, stacks);
        const total = Object.values(result.applied).reduce((sum, count) => sum + count, 0);
        task.title = `Apply: ${total === 0 ? "nothing to change" : `${total} resources made or changed`}`;
      },
    },
    {
      title: "Events and schedules",
      task: async ({ target }, task) => {
        const control = new EmulatorControl(target.emulator?.address.url ?? "");
        await control.settled();
        const rules = [];
        for (const region of regionsOf(target)) rules.push(...(await control.runSchedules(region)));
        await control.settled();
        task.title = `Events and schedules: ${rules.length} schedules fired`;
      },
    },
    {
      title: "Check",
      task: async ({ target, stacks }, task) => {
        result.rows = await endCheck(target, stacks);
        const failed = result.rows.filter(({ ok }) => !ok).length;
        task.title = `Check: ${result.rows.length} rows${failed > 0 ? `, ${failed} FAILED` : ""}`;
      },
    },
  ];
}

/** @returns how many resources were changed */
async function applyStack(target: DeployTarget, { id }: AwsStack, progress: (text: string) => void): Promise<number> {
  const { path } = stackFolder(target, id);
  const applied = join(path, "applied.tf.sha256");
  const digest = createHash("sha256")
    .update(readFileSync(join(path, "cdk.tf.json")))
    .digest("hex");
  const changed = readIfThere(applied) !== digest;
  const count = await applyWhat(target, id, changed, progress);
  writeFileAtomically(applied, digest);
  return count;
}

/** @param changed the stack differs from the one applied last: then a known difference of moto may be a real change */
async function applyWhat(
  target: DeployTarget,
  id: string,
  changed: boolean,
  progress: (text: string) => void,
): Promise<number> {
  // Without a state a plan cannot save any work.
  if (!(await isApplied(target, id))) return applyAll(target, id, progress);
  const { changes, differences } = await planStack(target, id);
  const count = changes.length + (changed ? differences.length : 0);
  if (count > 0) await applyPlan(target, id, progress);
  return count;
}

const regionsOf = ({ topology }: DeployTarget) => [
  ...new Set(
    stackPlan(topology)
      .filter(isInFamily("aws"))
      .map(({ region }) => region),
  ),
];

const beginningPath = (target: DeployTarget) => join(target.emulator?.folder.root ?? "", "beginning.json");

/** Stores the inventory of the emulated account before the first deployment, to find leftovers later. */
async function rememberBeginning(target: DeployTarget): Promise<void> {
  if (readIfThere(beginningPath(target)) === undefined)
    writeFileAtomically(beginningPath(target), JSON.stringify(await wholeInventory(target)));
}

/** Resources that a deployment has left behind on the emulated AWS. */
export async function leftovers(target: DeployTarget): Promise<string[]> {
  const before = new Set(JSON.parse(readIfThere(beginningPath(target)) ?? "[]") as string[]);
  return (await wholeInventory(target)).filter((thing) => !before.has(thing));
}

const wholeInventory = async (target: DeployTarget) =>
  (await Promise.all(regionsOf(target).map((region) => inventory(target.emulator?.address.url ?? "", region)))).flat();
/** Steps that remove every stack from the emulated AWS in reverse order, check for leftovers, and stop it. */
export function destroyEmulated(): ListrTask<EmulatedState>[] {
  return [
    {
      title: "Destroy",
      task: async ({ target, stacks }, task) => {
        let removed = 0;
        for (const stack of [...stacks].reverse())
          removed += await destroyStack(target, stack, (text) => {
            task.output = text;
          });
        task.title = `Destroy: ${removed} resources removed`;
      },
    },
    {
      title: "Nothing is left",
      task: async ({ target }) => {
        const left = await leftovers(target);
        if (left.length > 0) throw new UserError(`left behind on the emulated AWS:\n  ${left.join("\n  ")}`);
      },
    },
    {
      title: "Stop the emulated AWS",
      task: async ({ target }) => {
        if (target.emulator) await removeEmulator(target.emulator.folder);
      },
    },
  ];
}
