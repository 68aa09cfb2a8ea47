import type { Command } from "commander";
import { isOneOf, REFUSED } from "../../runtime/streams/action";
import { renderPlan } from "../../runtime/streams/render";
import { projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";
import { openTwin } from "../twin/context";
import { applyTwinStreams, nothingToDo, planTwinStreams, type StreamPlan } from "../twin/streams";

interface Options {
  json?: boolean;
  allowDataLoss?: string[];
  allowRecreate?: string[];
}

export function registerStreams(program: Command): void {
  const streams = program.command("streams").description("streams and consumers as code");
  const flags = (command: Command) =>
    command
      .argument("<environment>")
      .option("--allow-data-loss <names...>", "streams, or STREAM/consumer, that may lose messages or be deleted")
      .option(
        "--allow-recreate <names...>",
        "streams, or STREAM/consumer, that may be recreated when they cannot be changed",
      )
      .option("--json", "the plan as data");
  flags(streams.command("plan").description("show what apply would change; exit 1 when something is refused")).action(
    async (name: string, options: Options) => {
      const plans = await planTwinStreams(await openTwin(name, projectRoot()), options);
      show(plans, options);
      if (refused(plans)) process.exitCode = 1;
    },
  );
  flags(streams.command("apply").description("change streams and consumers to match the environment")).action(
    async (name: string, options: Options) => {
      const twin = await openTwin(name, projectRoot());
      const plans = await planTwinStreams(twin, options);
      show(plans, options);
      if (refused(plans)) {
        process.exitCode = 1;
        return;
      }
      if (nothingToDo(plans)) return;
      const changed = await applyTwinStreams(twin, plans, (text) => options.json || print(text));
      if (!options.json) print(`${changed} changes applied and synced to disk`);
    },
  );
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
