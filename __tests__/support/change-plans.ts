import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { drivers } from "../../cli/deploy/drivers";
import { applyAll, initStack, planStack } from "../../cli/deploy/plan";
import { readState } from "../../cli/deploy/states/state";
import { synthSettings } from "../../cli/deploy/steps";
import { type DeployTarget, stackFolder, stacksOf } from "../../cli/deploy/target";
import { emulatedTarget } from "../../cli/deploy/targets";
import { terraform } from "../../cli/deploy/terraform";
import { refuseFailure } from "../../cli/deploy/terraform-messages";
import type { ChangePlan, ServerEffect } from "../../model/change";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { synthesize } from "../../stacks/synthesis";
import { changeOf } from "../../templates/change";
import type { TestDeployment } from "./deploy-run";

interface ResourceChange {
  address: string;
  type: string;
  change: {
    actions: string[];
    before: Record<string, unknown> | null;
    after: Record<string, unknown> | null;
  };
}

/** What is said of a change of a deployed environment, and what Terraform would do. */
export interface SaidAndPlanned {
  said: ChangePlan;
  /** By server. */
  planned: Record<string, ServerEffect>;
}

/**
 * Asks the classifier about a change, by the note in the state of the servers' stack, and Terraform for a plan of that stack:
 * both with the keys that the command line would make for it, which are forgotten afterwards.
 */
export async function saidAndPlanned(deployment: TestDeployment, after: EnvironmentInput): Promise<SaidAndPlanned> {
  const { file } = deployment.folder.trust;
  const trust = readFileSync(file, "utf8");
  try {
    const { said, target, stack } = await prepared(deployment, after);
    return { said, planned: await plannedEffects(target, stack) };
  } finally {
    writeFileSync(file, trust);
  }
}

/** Asks the classifier about a change, and Terraform for what of the region's foundation would be removed, or replaced. */
export async function saidAndRemoved(
  deployment: TestDeployment,
  after: EnvironmentInput,
): Promise<{ said: ChangePlan; removed: string[] }> {
  const { file } = deployment.folder.trust;
  const trust = readFileSync(file, "utf8");
  try {
    const { said, target } = await prepared(deployment, after);
    const [foundation] = stacksOf(target);
    if (!foundation) throw new Error(`${after.name} has no stacks`);
    await initStack(target, foundation.id);
    const changes = await plannedChanges(target, foundation.id);
    return {
      said,
      removed: changes.filter(({ change }) => change.actions.includes("delete")).map(({ address }) => address),
    };
  } finally {
    writeFileSync(file, trust);
  }
}

/**
 * Asks the classifier about a change, and applies the stacks that servers are made of, as the command line does.
 *
 * @param progress gets what is said meanwhile
 */
export async function saidAndApplied(
  deployment: TestDeployment,
  after: EnvironmentInput,
  progress: (text: string) => void = () => undefined,
): Promise<ChangePlan> {
  const { said, target, stack } = await prepared(deployment, after);
  const stacks = stacksOf(target);
  const [foundation] = stacks;
  const servers = stacks.find(({ id }) => id === stack);
  if (!foundation || !servers) throw new Error(`${after.name} has no stacks`);
  await initStack(target, foundation.id);
  await applyAll(target, foundation.id, progress);
  await drivers.apply(target, servers, await planStack(target, stack), progress);
  return said;
}

/** The stacks of a changed environment, and what is said of the change of its servers. */
async function prepared(deployment: TestDeployment, after: EnvironmentInput) {
  const { root } = deployment.project;
  const { environment, problems } = parseEnvironment(after, after.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const target = await emulatedTarget({ root, environment, topology });
  synthesize([{ environment, topology, trust: target.trust, settings: synthSettings(target) }], target.out);
  const stack = `${after.name}-core-nats`;
  await initStack(target, stack);
  const said = changeOf([await readState(target, stack)], topology, ["core"], { trust: target.trust });
  return { said, target, stack };
}

/** Changes of what a stack has, by Terraform. */
async function plannedChanges(target: DeployTarget, stack: string): Promise<ResourceChange[]> {
  const folder = stackFolder(target, stack);
  // Nobody else changes an emulated AWS: what the state says is so.
  refuseFailure(stack, await terraform(folder, ["plan", "-json", "-refresh=false", "-out=tried.tfplan"]));
  const shown = await terraform(folder, ["show", "-json", "tried.tfplan"]);
  refuseFailure(stack, shown);
  return (JSON.parse(shown.text) as { resource_changes: ResourceChange[] }).resource_changes;
}

async function plannedEffects(target: DeployTarget, stack: string): Promise<Record<string, ServerEffect>> {
  const resource_changes = await plannedChanges(target, stack);
  const servers = new Map<string, ResourceChange[]>();
  for (const one of resource_changes) {
    const [, server] = /\.servers_(core-\d+)[-_]/.exec(one.address) ?? [];
    if (server) servers.set(server, [...(servers.get(server) ?? []), one]);
  }
  return Object.fromEntries([...servers].map(([server, changes]) => [server, effectOf(server, changes)]));
}

/** What the plan of one server's resources does to it: a task is replaced, or reads another configuration, or neither. */
function effectOf(server: string, changes: readonly ResourceChange[]): ServerEffect {
  const one = (type: string, name: string) => {
    const found = changes.filter(
      (change) => change.type === type && change.address.includes(`.servers_${server}${name}_`),
    );
    if (found.length !== 1) throw new Error(`${server} has ${found.length} ${type} ${name}`);
    return found[0]?.change as ResourceChange["change"];
  };
  const service = one("aws_ecs_service", "_service").actions.join();
  if (service === "create") return "start";
  if (service === "delete") return "remove";
  const [text, digest] = [one("aws_s3_object", "-config"), one("aws_ssm_parameter", "-config-digests")];
  const changed = ({ actions }: ResourceChange["change"]) => !["no-op", "read"].includes(actions.join());
  // The agent takes no text whose digest is not published, and no digest without its text.
  if (changed(text) !== changed(digest))
    throw new Error(`${server}: its configuration and the digest are not changed at once`);
  const task = one("aws_ecs_task_definition", "_task_definition");
  if (!changed(task)) return changed(text) ? "reload" : "nothing";
  return isDeepStrictEqual(diskOf(task.before), diskOf(task.after)) ? "restart" : "recreate";
}

/** File system of the volume with the data; none where it ends with the task. */
function diskOf(task: ResourceChange["change"]["before"]): unknown[] {
  const volumes = (task?.volume ?? []) as { name: string; efs_volume_configuration?: { file_system_id: string }[] }[];
  const data = volumes.find(({ name }) => name === "data");
  if (!data) throw new Error("the task has no volume for data");
  return (data.efs_volume_configuration ?? []).map(({ file_system_id }) => file_system_id);
}
