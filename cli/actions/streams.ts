import { isOneOf, REFUSED } from "../../runtime/streams/action";
import { renderPlan } from "../../runtime/streams/render";
import { counted } from "../core/counted";
import { projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";
import { openTwin } from "../twin/context";
import { applyTwinStreams, nothingToDo, planTwinStreams, type StreamPlan } from "../twin/streams";

interface Options {
  json?: boolean;
  allowDataLoss?: string[];
  allowRecreate?: string[];
}

export async function plan(name: string, options: Options): Promise<void> {
  const plans = await planTwinStreams(await openTwin(name, projectRoot()), options);
  show(plans, options);
  if (refused(plans)) process.exitCode = 1;
}

export async function apply(name: string, options: Options): Promise<void> {
  const twin = await openTwin(name, projectRoot());
  const plans = await planTwinStreams(twin, options);
  show(plans, options);
  if (refused(plans)) {
    process.exitCode = 1;
    return;
  }
  if (nothingToDo(plans)) return;
  const changed = await applyTwinStreams(twin, plans, (text) => options.json || print(text));
  if (!options.json) print(`${counted(changed, "change")} applied and synced to disk`);
}

const refused = (plans: StreamPlan[]) =>
  plans.some(({ actions }) => actions.some(({ kind }) => isOneOf(REFUSED, kind)));

function show(plans: StreamPlan[], { json }: Options): void {
  if (json) {
    printJson(plans.map(({ cluster, account, actions }) => ({ cluster: cluster.name, account, actions })));
    return;
  }
  for (const { cluster, account, actions } of plans)
    print(`cluster ${cluster.name}, account ${account}\n\n${renderPlan(actions)}\n`);
}
