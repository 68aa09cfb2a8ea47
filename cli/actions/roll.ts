import { counted } from "../core/counted";
import { commandHost } from "../core/hosts";
import { leaving } from "../core/interrupts";
import { print, printJson } from "../core/output";
import { rollTwin } from "../twin/roll";
import { readRate } from "./rate";

interface Options {
  emptyDisks?: boolean;
  allowDataLoss?: string[];
  rate: string;
  json?: boolean;
}

/** `natsform roll`: restarts all servers of a twin, one after another. */
export async function roll(name: string, { rate, json, ...options }: Options): Promise<void> {
  const bytesPerSecond = readRate(rate);
  const left = {
    what: "servers that were not reached run as before, and one that was stopped is still stopped",
    goOn: `natsform roll ${name}${options.emptyDisks ? " --empty-disks" : ""} goes on`,
  };
  const rolled = await leaving(left, () => rollTwin(name, { ...options, bytesPerSecond }, commandHost({ json })));
  if (json) printJson(rolled);
  else print(`${name}: ${counted(rolled.servers.length, "server")} restarted`);
}
