import { existsSync } from "node:fs";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import { counted } from "../core/counted";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { createKeys, pushKeys, readKeys, rotateEnvironmentKeys, writeExampleTrust } from "../keys/commands";
import { kinds } from "../keys/key-kinds";
import type { KeyLocationOptions } from "../keys/location";
import { createPair, seedOf } from "../keys/seeds";

interface Options extends KeyLocationOptions {
  json?: boolean;
  finish?: boolean;
  to?: string;
}

export async function init(name: string, options: Options & { replace?: string[] }): Promise<void> {
  const { created, store, trust, written } = await createKeys(name, options);
  print(`${counted(created.length, "key")} made in ${store}${created.length > 0 ? `: ${created.join(", ")}` : ""}`);
  print(`${trust} ${written ? "written" : "is up to date"}`);
}

export function generate(kind: string, { out }: { out: string }): void {
  const known = kinds.find((candidate) => candidate === kind);
  if (!known) throw new UserError(`no such kind of key: ${kind}`, `known: ${kinds.join(", ")}`);
  if (existsSync(out))
    throw new UserError(`${out} exists`, "name another file: users of the old key would be locked out");
  const pair = createPair(known);
  writeFileAtomically(out, `${seedOf(pair)}\n`, privateFile);
  print(pair.getPublicKey());
}

export async function example(name: string): Promise<void> {
  print(`${await writeExampleTrust(name)} written, as an example`);
}

export async function rotate(name: string, options: Options): Promise<void> {
  const { continued, keys } = await rotateEnvironmentKeys(name, options);
  if (continued) print("continues an interrupted rotation");
  print(`${options.finish ? "dropped" : "rotated"}: ${keys.join(", ")}`);
  const apply = options.twin ? `natsform up ${name}` : `natsform deploy ${name}`;
  const finish = `natsform keys rotate ${name}${options.twin ? " --twin" : ""} --finish`;
  print(`next: ${apply}${options.finish ? "" : `; responders accept old and new keys until ${finish}`}`);
}

export async function show(name: string, options: Options): Promise<void> {
  const shown = await readKeys(name, options);
  if (options.json) {
    printJson(shown);
    return;
  }
  if (shown.example) print("example trust file: its seeds were discarded; natsform keys init creates real keys\n");
  const rows = shown.keys.map(({ key, publicKey, held }) => [
    key,
    publicKey,
    held ? "in the store" : "not in the store",
  ]);
  print(table([["KEY", "PUBLIC HALF", "SEED"], ...rows]));
}

export async function push(name: string, options: Options): Promise<void> {
  const { written, unchanged, removed, target } = await pushKeys(name, { ...options, to: options.to ?? "" });
  print(`${counted(written, "secret")} written to ${target}, ${unchanged} unchanged`);
  if (removed.length > 0) print(`removed, since nobody in the cluster reads them: ${removed.join(", ")}`);
}
