import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { keepStackLock, lockName, writeStackLock } from "../../artifacts/provider-lock";
import {
  nothingPlanned,
  type PlanJson as PlanDocument,
  type PlannedServers,
  plannedServers,
  readPlan,
  type StackReview,
} from "../../model/review";
import { noteOutput } from "../../model/topology";
import { UserError } from "../core/project";
import { motoDifferences } from "../emulator/moto-differences";
import { chartObjects } from "../review/chart-objects";
import { synthesizedAttributes } from "../review/synthesized";
import type { DeployTarget } from "./target";
import { stackFolder } from "./target";
import { type TerraformFolder, terraform } from "./terraform";
import { refuseFailure } from "./terraform-messages";

const planFile = "natsform.tfplan";

/** The part of `terraform show -json` that says what would change. Values may be secret and are only compared. */
const PlanJson = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        mode: z.string(),
        change: z.object({
          actions: z.array(z.string()),
          before: z.record(z.string(), z.unknown()).nullable(),
          after: z.record(z.string(), z.unknown()).nullable(),
          after_unknown: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
        }),
      }),
    )
    .default([]),
});

export interface PlannedChange {
  address: string;
  action: string;
  /** Attributes that an update changes, as `type.attribute`. */
  attributes: string[];
}

export interface StackPlan {
  file: string;
  /** Real changes. */
  changes: PlannedChange[];
  /** Changes that are planned only because the emulated AWS does not return an attribute. */
  differences: PlannedChange[];
  /** What a review has of it: masked, without what the emulated AWS does not return. */
  review: StackReview;
  /** What its servers are made from, where the plan says it. */
  servers?: PlannedServers;
}

/**
 * Prepares the folder of a stack: its backend, and the providers that the project's lock file names. What that does not
 * name yet is noted there, except for an emulated AWS, which is no reason to change a project.
 */
export const initStack = (target: DeployTarget, stack: string): Promise<void> =>
  initFolder(target, stackFolder(target, stack));

export async function initFolder(target: DeployTarget, folder: TerraformFolder): Promise<void> {
  const { stack } = folder;
  const isLocked = writeStackLock(target.root, folder.path);
  const args = ["init", "-no-color", "-reconfigure", ...(isLocked ? ["-lockfile=readonly"] : [])];
  const result = await terraform(folder, args);
  if (/doesn't match any of the\s+checksums/.test(`${result.text}${result.diagnostics}`))
    throw new UserError(
      `${stack}: a provider of this machine is another one than ${lockName} names`,
      `find out which is right. For one of another platform: terraform -chdir=${folder.path} providers lock -platform=OS_ARCH, and copy its ${lockName} here`,
    );
  refuseFailure(stack, result);
  if (!isLocked && !target.emulator) keepStackLock(target.root, folder.path);
}

/**
 * Plans a stack that `initStack` has prepared.
 *
 * @param options.again addresses of unchanged resources that are to be recreated
 * @param options.only addresses of the only resources that are planned, with what they depend on; default: all
 */
export async function planStack(
  target: DeployTarget,
  stack: string,
  { again = [], only = [] }: { again?: readonly string[]; only?: readonly string[] } = {},
): Promise<StackPlan> {
  const folder = stackFolder(target, stack);
  const replaced = again.map((address) => `-replace=${address}`);
  const targeted = only.map((address) => `-target=${address}`);
  const planned = await terraform(folder, ["plan", "-json", `-out=${planFile}`, ...replaced, ...targeted]);
  refuseFailure(stack, planned);
  // What servers are made from is a change too, where nothing else shows it.
  const noted = planned.outputs.includes(noteOutput)
    ? [{ address: `output.${noteOutput}`, action: "update", attributes: [] }]
    : [];
  if (planned.changes.length === 0)
    return { file: planFile, changes: noted, differences: [], review: nothingPlanned(stack) };
  const shown = await terraform(folder, ["show", "-json", planFile]);
  refuseFailure(stack, shown);
  const document = JSON.parse(shown.text) as PlanDocument;
  const changes = changesOf(PlanJson.parse(document));
  const known = target.emulator ? changes.filter(isKnownDifference) : [];
  const resources = document.resource_changes?.filter(({ address }) => !known.some((one) => one.address === address));
  const synthesized = synthesizedAttributes(folder.path);
  const rendered = await chartObjects(document, folder.path);
  return {
    file: planFile,
    changes: [...changes.filter((change) => !known.includes(change)), ...noted],
    differences: known,
    review: readPlan({ ...document, resource_changes: resources, synthesized, rendered }, stack),
    servers: plannedServers(document),
  };
}

function changesOf({ resource_changes }: z.output<typeof PlanJson>): PlannedChange[] {
  return resource_changes
    .filter(({ mode, change }) => mode === "managed" && !["no-op", "read"].includes(change.actions.join()))
    .map(({ address, type, change: { actions, before, after, after_unknown } }) => {
      const unknown = typeof after_unknown === "object" ? Object.keys(after_unknown) : [];
      const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {}), ...unknown])];
      const changed = keys.filter((key) => unknown.includes(key) || !isDeepStrictEqual(before?.[key], after?.[key]));
      return {
        address,
        action: actions.join(", then "),
        attributes: actions.join() === "update" ? changed.map((key) => `${type}.${key}`).sort() : [],
      };
    });
}

const isKnownDifference = ({ action, attributes }: PlannedChange) =>
  action === "update" && attributes.every((attribute) => attribute in motoDifferences);

/** The plan as Terraform prints it for people; it masks what is sensitive. */
export async function planText(target: DeployTarget, stack: string): Promise<string> {
  const shown = await terraform(stackFolder(target, stack), ["show", "-no-color", planFile]);
  refuseFailure(stack, shown);
  return shown.text.trim();
}

export async function applyPlan(target: DeployTarget, stack: string, progress: (text: string) => void): Promise<void> {
  refuseFailure(stack, await terraform(stackFolder(target, stack), ["apply", "-json", planFile], progress));
}

/** Applies all changes without a separate plan: for an empty emulated AWS. @returns number of changed resources */
export async function applyAll(target: DeployTarget, stack: string, progress: (text: string) => void): Promise<number> {
  const applied = await terraform(stackFolder(target, stack), ["apply", "-json", "-auto-approve"], progress);
  refuseFailure(stack, applied);
  return applied.summary ? applied.summary.add + applied.summary.change + applied.summary.remove : 0;
}

/** Removes everything of a folder's state. @returns number of removed resources */
export async function destroyFolder(folder: TerraformFolder, progress: (text: string) => void): Promise<number> {
  const destroyed = await terraform(folder, ["destroy", "-json", "-auto-approve"], progress);
  refuseFailure(folder.stack, destroyed);
  return destroyed.summary?.remove ?? 0;
}

/** True when the stack's state holds resources. */
export async function isApplied(target: DeployTarget, stack: string): Promise<boolean> {
  const listed = await terraform(stackFolder(target, stack), ["state", "list"]);
  return listed.code === 0 && listed.text.trim() !== "";
}

/** Outputs of a stack; sensitive ones are left out. */
export async function outputsOf(target: DeployTarget, stack: string): Promise<Record<string, unknown>> {
  const result = await terraform(stackFolder(target, stack), ["output", "-json"]);
  refuseFailure(stack, result);
  const outputs = z
    .record(z.string(), z.object({ value: z.unknown(), sensitive: z.boolean() }))
    .parse(JSON.parse(result.text));
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { value, sensitive }]) => (sensitive ? [] : [[name, value]])),
  );
}
