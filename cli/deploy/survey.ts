import type { ChangePlan } from "../../model/change";
import { listEnvironments } from "../../model/config/load";
import { holdsServers, type PlannedStack } from "../../model/topology";
import { errorMessage } from "../../runtime/common/error-message";
import { changeOf } from "../../templates/change";
import { counted } from "../core/counted";
import type { Host } from "../core/host";
import { UserError } from "../core/project";
import { runStep } from "../core/steps";
import { drivers } from "./drivers";
import { dueCertificates } from "./due-certificates";
import { initStack } from "./plan";
import { backendOf, movedStates, moveState, placeText, readBackend } from "./states/backend";
import { judgeState, type Left } from "./states/left";
import { listStates } from "./states/list";
import { removalOrder } from "./states/removal-order";
import { isBegun, readState, type StackState } from "./states/state";
import type { DeployTarget } from "./target";

/** What is deployed, by the states of the environment. */
export interface Survey {
  /** States of the stacks that the environment has, by id. */
  states: ReadonlyMap<string, StackState>;
  /** What is no longer in the environment, in the order in which it can be removed. */
  left: Left[];
  /** What a deployment does to servers, clients and what is stored. */
  change: ChangePlan;
}

/**
 * Prepares every stack and reads its state, and finds states whose stack is no longer in the environment. Nothing is
 * changed, but states whose backend was changed are copied, where the caller says so.
 *
 * @throws UserError where an apply would make anew what is there already
 */
export async function survey(target: DeployTarget, stacks: readonly PlannedStack[], host: Host): Promise<Survey> {
  await followBackend(target, stacks, host);
  const states = new Map<string, StackState>();
  let left: Left[] = [];
  await runStep(host, {
    title: "States",
    work: async (progress) => {
      const read = async ({ id }: PlannedStack) => {
        await initStack(target, id);
        states.set(id, await readState(target, id));
      };
      // Nobody else works on an emulated AWS, and its providers are those of this machine.
      if (target.emulator) await Promise.all(stacks.map(read));
      else for (const stack of stacks) await read(stack);
      await refuseElsewhere(target, stacks, states);
      await refuseSecondFoundation(target, stacks, states);
      left = await leftOf(target, states, host, progress);
      const begun = [...states.values()].filter(isBegun).length;
      return `${begun} of ${stacks.length} deployed${left.length > 0 ? `, ${left.length} no longer in the environment` : ""}`;
    },
  });
  const known = [...states.values(), ...left.map(({ state }) => state)];
  const due = await dueCertificates(target, stacks, states, host);
  const props = { trust: target.trust, authorities: target.authoritiesBefore, renewed: due };
  const clusters = comparable(stacks, states, host);
  return { states, left, change: changeOf(known, target.topology, clusters, props) };
}

/** Clusters of which is known what they were made from, or that there is nothing of them yet. */
function comparable(stacks: readonly PlannedStack[], states: ReadonlyMap<string, StackState>, host: Host): string[] {
  const isUnknown = (state: StackState | undefined) => state && isBegun(state) && !state.topology;
  const withServers = stacks.filter(holdsServers);
  const unknown = withServers.flatMap(({ id, cluster }) => (cluster && isUnknown(states.get(id)) ? [cluster] : []));
  if (unknown.length > 0)
    host.report({
      code: "notice",
      text: `${unknown.join(", ")}: what its servers run is not noted yet; this deployment notes it, and the next one compares`,
    });
  return withServers.flatMap(({ cluster }) => (cluster && !unknown.includes(cluster) ? [cluster] : []));
}

/** Copies states to the backend that the configuration names now: in an empty one everything would be made anew. */
async function followBackend(target: DeployTarget, stacks: readonly PlannedStack[], host: Host): Promise<void> {
  const moved = await movedStates(
    target,
    stacks.map(({ id }) => id),
  );
  if (moved.length === 0) return;
  const said = moved.map(
    (state) => `${state.id}: ${placeText(state.from)} -> ${placeText(backendOf(target, state.id))}`,
  );
  const question = `The backend was changed, and the states are still at the old place:\n  ${said.join("\n  ")}\nCopy them to the new one?`;
  const agreed = !target.looking && (target.allowed?.migrateState || (await host.confirm(question, "loss")));
  if (!agreed)
    throw new UserError(
      `the backend was changed, and the states are still at the old place; nothing was touched:\n  ${said.join("\n  ")}`,
      "restore the backend, or copy them with --migrate-state",
    );
  for (const state of moved) await moveState(target, state);
  host.report({ code: "notice", text: `${counted(moved.length, "state")} copied; the old ones stay where they were` });
}

/** @throws UserError where a state knows resources of another account, or of another Kubernetes cluster */
async function refuseElsewhere(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  states: ReadonlyMap<string, StackState>,
): Promise<void> {
  if (target.emulator) return;
  const found: string[] = [];
  for (const stack of stacks) {
    const why = await drivers.elsewhere(target, stack, states.get(stack.id) as StackState);
    if (why !== undefined) found.push(`${stack.id}: ${why}; the state is at ${placeText(backendOf(target, stack.id))}`);
  }
  if (found.length === 0) return;
  throw new UserError(
    `${target.environment.name} is deployed elsewhere, and would be made a second time here; nothing was touched:\n  ${found.join("\n  ")}`,
    "choose the account or the Kubernetes context of what is deployed; a namespace that was deleted on purpose: --allow-data-loss CLUSTER has all of it made anew",
  );
}

/** @throws UserError where the state is empty, and the account shows that the environment is deployed */
async function refuseSecondFoundation(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  states: ReadonlyMap<string, StackState>,
): Promise<void> {
  if (target.removing) return;
  const empty = stacks.filter(({ id }) => !isBegun(states.get(id) as StackState));
  const found = await Promise.all(
    empty.map(async (stack) =>
      (await drivers.unknownToState(target, stack)).map(
        (what) => `${what}; the state at ${placeText(backendOf(target, stack.id))} is empty`,
      ),
    ),
  );
  if (found.flat().length === 0) return;
  throw new UserError(
    `${target.environment.name} is deployed already, and its state is not where the backend says; nothing was touched:\n  ${found.flat().join("\n  ")}`,
    "set backend to where the state is; if it is lost, terraform import what is there, or remove it by hand",
  );
}

async function leftOf(
  target: DeployTarget,
  states: ReadonlyMap<string, StackState>,
  host: Host,
  progress: (text: string) => void,
): Promise<Left[]> {
  const { environment, topology, root } = target;
  const notice = (text: string) => host.report({ code: "notice", text });
  const all = await listStates(target).catch((error: unknown) => {
    notice(
      `what is no longer in ${environment.name} is not looked for, its states cannot be listed: ${errorMessage(error)}`,
    );
    return [];
  });
  const others = listEnvironments(root).filter((name) => name !== environment.name);
  const left: Left[] = [];
  for (const id of all) {
    if (states.has(id) || !id.startsWith(`${environment.name}-`)) continue;
    progress(`${id}: in no stack of ${environment.name}`);
    const found = judgeState(topology, await readBackend(target, id, backendOf(target, id)), others);
    if ("unclear" in found) notice(`${id}: no longer in ${environment.name}, and it is left alone: ${found.unclear}`);
    else if ("record" in found) left.push(found);
  }
  const recorded = [...states.values()].flatMap(({ record }) => (record ? [record.stack] : []));
  const order = removalOrder([...recorded, ...left.map(({ record }) => record.stack)]);
  return left.sort((a, b) => order.indexOf(a.record.stack.id) - order.indexOf(b.record.stack.id));
}
