import { commandHost } from "../core/hosts";
import { leaving } from "../core/interrupts";
import { printJson } from "../core/output";
import { applyEnvironmentStreams, planEnvironmentStreams, type StreamsPlanned } from "../twin/environment-streams";

interface Options {
  json?: boolean;
  allowDataLoss?: string[];
  allowRecreate?: string[];
}

export async function plan(name: string, options: Options): Promise<void> {
  show(await planEnvironmentStreams(name, options, commandHost(options)), options);
}

export async function apply(name: string, options: Options): Promise<void> {
  const left = { what: "streams that were reached are as the environment says", goOn: "run the same command again" };
  show(await leaving(left, () => applyEnvironmentStreams(name, options, commandHost(options))), options);
}

function show({ plans, refused }: StreamsPlanned, { json }: Options): void {
  if (json) printJson(plans);
  if (refused) process.exitCode = 1;
}
