import { join } from "node:path";
import { counted } from "../core/counted";
import type { Host } from "../core/host";
import { kubernetesAccess } from "../core/kubernetes-access";
import { UserError } from "../core/project";
import { confirmed, runStep } from "../core/steps";
import { destroyFolder, initFolder } from "./plan";
import { type Left, lossName, namespacesInUse } from "./states/left";
import { unlocking } from "./states/locks";
import { protectionsOf } from "./states/protections";
import { synthSettings } from "./steps";
import { synthesizeLeft } from "./synth";
import { type DeployTarget, leftFolder } from "./target";
import { callersVariables } from "./targets";

/** What is no longer in the environment, for people and for programs. */
export interface LeftStackPlan {
  stack: string;
  cluster?: string;
  /** Number of resources that are removed. */
  resources: number;
  /** What is lost for good, in words. */
  loses?: string;
}

export const leftPlan = ({ record: { stack }, state, loses }: Left): LeftStackPlan => ({
  stack: stack.id,
  ...(stack.cluster && { cluster: stack.cluster }),
  resources: state.resources.length,
  ...(loses && { loses }),
});

/** Shows what is no longer in the environment and still deployed. */
export function showLeft(left: readonly Left[], host: Host): void {
  for (const { record, state, loses } of left) {
    const lines = state.resources.map(({ type, name }) => `  - ${type}.${name}`);
    const text = [
      `no longer in the environment: everything of it is removed`,
      ...(loses ? [`lost: ${loses}`] : []),
      ...lines,
    ];
    host.report({ code: "plan", stack: record.stack.id, changes: state.resources.length, text: text.join("\n") });
  }
}

/**
 * Asks for the removal of what is no longer in the environment, before anything is touched. On an emulated AWS nothing
 * is worth a question.
 *
 * @throws UserError where it is protected, somebody who stays is in it, or the caller does not confirm
 */
export async function agreeOnLeft(target: DeployTarget, left: readonly Left[], host: Host): Promise<void> {
  if (left.length === 0 || target.emulator) return;
  refuseProtected(
    left,
    "put it back into the environment, set deletionProtection: false, deploy, and take it out then",
  );
  const inUse = namespacesInUse(target.topology, left);
  if (inUse.length > 0)
    throw new UserError(
      `the removal would take what stays; nothing was touched:\n  ${inUse.join("\n  ")}`,
      "put the cluster back, and give one of the two a namespace of its own: that is another cluster, with its streams from a backup",
    );
  const losses = left.filter((one) => one.loses && !target.allowed?.dataLoss?.includes(lossName(one)));
  for (const one of losses)
    if (!(await host.confirm(`${one.record.stack.id} is no longer in the environment. Lose ${one.loses}?`, "loss")))
      throw new UserError(
        `${one.record.stack.id} is no longer in the environment, and its removal loses ${one.loses}; nothing was touched`,
        `put it back, or --allow-data-loss ${lossName(one)}`,
      );
  const ids = left.map(({ record, state }) => `${record.stack.id} (${counted(state.resources.length, "resource")})`);
  await confirmed(host, `Remove what is no longer in the environment: ${ids.join(", ")}?`);
}

/** @throws UserError that lists what states still protect */
export function refuseProtected(left: readonly Pick<Left, "state">[], fix: string): void {
  const kept = left.flatMap(({ state }) => protectionsOf(state).map((why) => `${state.id}: ${why}`));
  if (kept.length === 0) return;
  throw new UserError(
    `what is deployed is still protected from deletion; nothing was touched:\n  ${kept.join("\n  ")}`,
    fix,
  );
}

/** Removes the stacks, one after another. @returns number of removed resources, by stack */
export async function removeLeft(
  target: DeployTarget,
  left: readonly Left[],
  host: Host,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  if (left.length === 0) return removed;
  const providersOf = ({ state }: Left) => [...new Set(state.resources.map(({ provider }) => provider))];
  const stacks = left.map((one) => ({ ...one.record, providers: providersOf(one) }));
  await synthesizeLeft(synthSettings(target), stacks, join(target.out, "left"));
  for (const one of left) {
    const { stack } = one.record;
    await runStep(host, {
      title: `Remove ${stack.id}`,
      work: async (progress) => {
        removed[stack.id] = await removeOne(target, one, host, progress);
        return `${counted(removed[stack.id] ?? 0, "resource")} removed`;
      },
    });
  }
  return removed;
}

async function removeOne(
  target: DeployTarget,
  { record: { stack, platform } }: Left,
  host: Host,
  progress: (text: string) => void,
): Promise<number> {
  const access = platform && (await kubernetesAccess(platform, callersVariables()));
  const folder = leftFolder(target, stack.id, access?.terraformEnv);
  await initFolder(target, folder);
  return unlocking(folder, host, target.allowed?.unlock, () => destroyFolder(folder, progress));
}
