import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TestProject } from "../../__tests__/support/project";
import { emulatorFolder } from "../../cli/core/emulator-folder";
import { initStack, planStack } from "../../cli/deploy/plan";
import { planIfPossible } from "../../cli/deploy/show-plan";
import { synthesizeStacks } from "../../cli/deploy/steps";
import { stackFolder } from "../../cli/deploy/target";
import { emulatedTarget } from "../../cli/deploy/targets";
import { terraform } from "../../cli/deploy/terraform";
import { refuseFailure } from "../../cli/deploy/terraform-messages";
import { removeEmulator } from "../../cli/emulator/start";
import { synthesizedAttributes } from "../../cli/review/synthesized";
import { loadEnvironment } from "../../model/config/load";
import type { PlanJson } from "../../model/review";
import { buildTopology, noteOutput } from "../../model/topology";
import { examples } from "./changes";
import { exampleInput, isRefused, plansFile, type RecordedPlans } from "./review";

/** `make fixtures`: plans that real Terraform makes of the examples, against an emulated AWS that has the environment of before. */
const checkout = join(__dirname, "../..");

/** Plans of all stacks of what the project's environment is now. */
export async function plansNow(root: string): Promise<RecordedPlans> {
  const environment = await loadEnvironment("demo", root);
  const target = await emulatedTarget({ root, environment, topology: buildTopology(environment) });
  const plans: RecordedPlans = {};
  for (const stack of await synthesizeStacks(target)) {
    const { id } = stack;
    await initStack(target, id);
    const { plan, review } = await planIfPossible(stack, () => planStack(target, id));
    if (!plan) plans[id] = { missing: review.missing ?? "" };
    if (!plan || plan.changes.length === 0) continue;
    const { differences, file } = plan;
    const folder = stackFolder(target, id);
    const shown = await terraform(folder, ["show", "-json", file]);
    refuseFailure(id, shown);
    const known = new Set(differences.map(({ address }) => address));
    plans[id] = trimmed(JSON.parse(shown.text) as PlanJson, known, synthesizedAttributes(folder.path));
  }
  return plans;
}

/** What a review reads, of what changes. Values of this machine's keys are in none of it: they are never in a plan. */
function trimmed(plan: PlanJson, known: ReadonlySet<string>, synthesized: Record<string, unknown>): PlanJson {
  const isNothing = (actions: readonly string[]) => actions.join() === "no-op" || actions.join() === "read";
  const changes = (plan.resource_changes ?? []).filter(
    ({ address, change }) => !isNothing(change.actions) && !known.has(address),
  );
  const addresses = new Set(changes.map(({ address }) => address));
  const resources = plan.configuration?.root_module?.resources ?? [];
  const { [noteOutput]: _, ...outputs } = plan.output_changes ?? {};
  return {
    format_version: plan.format_version,
    terraform_version: plan.terraform_version,
    resource_changes: changes,
    output_changes: Object.fromEntries(Object.entries(outputs).filter(([, { actions }]) => !isNothing(actions))),
    configuration: {
      root_module: { resources: resources.map(({ address, depends_on }) => ({ address, depends_on })) },
    },
    synthesized: Object.fromEntries(Object.entries(synthesized).filter(([address]) => addresses.has(address))),
  };
}

async function main(): Promise<void> {
  const project = new TestProject();
  try {
    project.write(exampleInput());
    await project.run("deploy", "demo", "--emulate");
    for (const example of examples) {
      project.write(exampleInput(example));
      const file = plansFile(checkout, example);
      mkdirSync(dirname(file), { recursive: true });
      if (isRefused(example)) {
        process.stdout.write(`${example.id}: natsform check refuses it\n`);
        continue;
      }
      const plans = await plansNow(project.root);
      writeFileSync(file, `${JSON.stringify(plans)}\n`);
      process.stdout.write(`${example.id}: ${Object.keys(plans).join(", ") || "no stack changes"}\n`);
    }
  } finally {
    await removeEmulator(emulatorFolder(project.root, "demo"));
    await project.remove();
  }
}

if (require.main === module) void main();
