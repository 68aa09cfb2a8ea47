import { type Action, isOneOf, REFUSED } from "../../runtime/streams/action";
import { renderPlan } from "../../runtime/streams/render";
import { counted } from "../core/counted";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { openTwin, type Twin } from "./context";
import { applyTwinStreams, nothingToDo, type PlanOptions, planTwinStreams, type StreamPlan } from "./streams";

export interface StreamsProps extends PlanOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
}

/** What is planned for the streams of one account of one cluster. */
export interface AccountPlan {
  cluster: string;
  account: string;
  actions: Action[];
}

export interface StreamsPlanned {
  plans: AccountPlan[];
  /** True when an action is refused: then nothing is applied. */
  refused: boolean;
}

export interface StreamsApplied extends StreamsPlanned {
  /** Changes that were made, and are synced to disk. */
  changed: number;
}

/** Compares a twin's streams and consumers with its environment, and reports the plans. Changes nothing. @throws UserError */
export async function planEnvironmentStreams(
  name: string,
  { root = projectRoot(), ...options }: StreamsProps,
  host: Host,
): Promise<StreamsPlanned> {
  return planned(await plansOf(await openTwin(name, root), options, host));
}

/** Makes a twin's streams and consumers what its environment says, unless an action is refused. @throws UserError */
export async function applyEnvironmentStreams(
  name: string,
  { root = projectRoot(), ...options }: StreamsProps,
  host: Host,
): Promise<StreamsApplied> {
  const twin = await openTwin(name, root);
  const plans = await plansOf(twin, options, host);
  const result = planned(plans);
  if (result.refused || nothingToDo(plans)) return { ...result, changed: 0 };
  const say = notices(host);
  const changed = await applyTwinStreams(twin, plans, say);
  say(`${counted(changed, "change")} applied and synced to disk`);
  return { ...result, changed };
}

async function plansOf(twin: Twin, options: PlanOptions, host: Host): Promise<StreamPlan[]> {
  const plans = await planTwinStreams(twin, options);
  const say = notices(host);
  for (const { cluster, account, actions } of plans)
    say(`cluster ${cluster.name}, account ${account}\n\n${renderPlan(actions)}\n`);
  return plans;
}

const planned = (plans: readonly StreamPlan[]): StreamsPlanned => ({
  plans: plans.map(({ cluster, account, actions }) => ({ cluster: cluster.name, account, actions })),
  refused: plans.some(({ actions }) => actions.some(({ kind }) => isOneOf(REFUSED, kind))),
});
