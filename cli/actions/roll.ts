import { counted } from "../core/counted";
import { commandHost } from "../core/hosts";
import { leaving } from "../core/interrupts";
import { print, printJson } from "../core/output";
import { UserError } from "../core/project";
import { rollDeployed } from "../deploy/roll";
import { rollTwin } from "../twin/roll";
import { readRate } from "./rate";

interface Options {
  deployed?: boolean;
  yes?: boolean;
  store?: string;
  emptyDisks?: boolean;
  allowDataLoss?: string[];
  rate: string;
  json?: boolean;
}

/** `natsform roll`: restarts all servers of a twin or of what is deployed, one after another. */
export async function roll(name: string, { rate, json, deployed, yes, ...options }: Options): Promise<void> {
  const bytesPerSecond = readRate(rate);
  const { emptyDisks, store } = options;
  if (deployed) assertDeployable({ emptyDisks, yes, json });
  else if (store) throw new UserError("--store is for what is deployed", "leave it out, or add --deployed");
  const left = {
    what: deployed
      ? "servers that were not reached run as before"
      : "servers that were not reached run as before, and one that was stopped is still stopped",
    goOn: `natsform roll ${name}${deployed ? " --deployed" : ""}${emptyDisks ? " --empty-disks" : ""} goes on`,
  };
  const host = commandHost({ json, yes });
  const rolled = await leaving(left, () =>
    (deployed ? rollDeployed : rollTwin)(name, { ...options, bytesPerSecond }, host),
  );
  if (json) printJson(rolled);
  else print(`${name}: ${counted(rolled.servers.length, "server")} restarted`);
}

function assertDeployable({ emptyDisks, yes, json }: Pick<Options, "emptyDisks" | "yes" | "json">): void {
  if (emptyDisks)
    throw new UserError(
      "--empty-disks is for twins",
      "leave it out: what deployed servers keep is up to their platform",
    );
  if (yes || (process.stdin.isTTY && !json)) return;
  throw new UserError(
    json ? "--json cannot ask for confirmation" : "there is no terminal to ask for confirmation",
    "--yes confirms it",
  );
}
