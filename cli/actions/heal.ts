import { commandHost } from "../core/hosts";
import { leaving } from "../core/interrupts";
import { print, printJson } from "../core/output";
import { type HealedServer, healTwin } from "../twin/heal";

interface Options {
  empty?: boolean;
  allowDataLoss?: string[];
  json?: boolean;
}

const said = {
  well: "nothing was wrong with it",
  restarted: "it serves again, with the disk that it had",
  emptied: "it was emptied, and has everything again from the others",
} as const satisfies Record<HealedServer["outcome"], string>;

/** `natsform heal`: brings one wounded server of a twin back. */
export async function heal(name: string, server: string, { json, ...options }: Options): Promise<void> {
  const left = { what: `${server} may be stopped, or empty`, goOn: `natsform heal ${name} ${server} goes on` };
  const healed = await leaving(left, () => healTwin(name, server, options, commandHost({ json })));
  if (json) printJson(healed);
  else print(`${server}: ${said[healed.outcome]}`);
}
