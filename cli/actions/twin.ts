import { existsSync } from "node:fs";
import { emulatorFolder } from "../core/emulator-folder";
import { assertKnown, emulatedEnvironments, projectRoot, twinnedEnvironments } from "../core/environments";
import { commandHost } from "../core/hosts";
import { leaving } from "../core/interrupts";
import { withLock } from "../core/lock";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { showChange } from "../core/show-change";
import { twinFolder } from "../core/twin-folder";
import { removeEmulator } from "../emulator/start";
import { emulatorStatus } from "../emulator/status";
import { openTwin } from "../twin/context";
import { downTwin, planTwinUp, upTwin } from "../twin/lifecycle";
import { followLogs, printLogs } from "../twin/logs";
import { type ContextOptions, writeContexts } from "../twin/nats-contexts";
import type { PortChoice } from "../twin/ports";
import { twinStatus } from "../twin/status";
import { mintToken } from "../twin/token";

/** Writes contexts for the nats CLI. */
export async function contexts(name: string, options: ContextOptions): Promise<void> {
  const root = projectRoot();
  for (const path of writeContexts(await openTwin(name, root), root, options)) print(path);
}

export interface UpCommand {
  ports?: string;
  plan?: boolean;
  json?: boolean;
  allowDataLoss?: string[];
  disconnect?: boolean;
  yes?: boolean;
}

export async function up(name: string, { ports, plan, json, yes, ...options }: UpCommand): Promise<void> {
  if (plan) {
    showChange(await planTwinUp(name, {}, commandHost({ json })), { json });
    return;
  }
  const left = {
    what: `the twin of ${name} is brought up in part, and what runs goes on`,
    goOn: `natsform up ${name} continues, natsform down ${name} stops it`,
  };
  const done = await leaving(left, () =>
    upTwin(name, { ports: portChoice(ports), ...options }, commandHost({ json, yes })),
  );
  if (json) printJson(done);
  else print(`${name} is up; natsform verify ${name} checks it, natsform status ${name} shows its addresses`);
}

function portChoice(text: string | undefined): PortChoice {
  if (text === undefined) return "same";
  if (text === "new") return "new";
  const base = Number(text);
  if (Number.isInteger(base) && base >= 1030 && base <= 65_000 && base % 10 === 0) return base;
  throw new UserError(`--ports must be new, or a multiple of ten from 1030 to 65000; got ${text}`);
}

export async function down(names: string[], { wipe, now }: { wipe?: boolean; now?: boolean }): Promise<void> {
  const root = projectRoot();
  assertKnown(root, names);
  const known = twinnedEnvironments(root);
  const emulated = emulatedEnvironments(root);
  if (names.length === 0 && known.length + emulated.length === 0) print("no twins here: nothing to stop");
  for (const name of names.filter((name) => ![...known, ...emulated].includes(name))) print(`${name}: no twin here`);
  for (const name of emulated.filter((name) => names.length === 0 || names.includes(name))) {
    const folder = emulatorFolder(root, name);
    await withLock(folder.lock, () => removeEmulator(folder));
    print(`${name}: the emulated AWS is stopped, and what was deployed to it is gone`);
  }
  for (const name of names.length > 0 ? names.filter((name) => known.includes(name)) : known) {
    const left = { what: `the twin of ${name} is stopped in part`, goOn: `natsform down ${name} continues` };
    const { killed } = await leaving(left, () => downTwin(name, { root, wipe, now }, commandHost()));
    if (killed.length > 0) process.exitCode = 1;
  }
}

export async function status(names: string[], { json }: { json?: boolean }): Promise<void> {
  const root = projectRoot();
  assertKnown(root, names);
  const kept = [...new Set([...twinnedEnvironments(root), ...emulatedEnvironments(root)])].sort();
  const chosen = names.length > 0 ? [...new Set(names)] : kept;
  const all = [];
  for (const name of chosen) {
    const emulated = emulatorStatus(root, name);
    const hasTwin = emulated.length === 0 || twinnedEnvironments(root).includes(name);
    const parts = [...(hasTwin ? await twinStatus(await openTwin(name, root)) : []), ...emulated];
    all.push({ environment: name, parts });
  }
  if (json) printJson(all);
  else if (all.length === 0) print("no twins here; natsform up ENVIRONMENT starts one");
  for (const { environment, parts } of json ? [] : all) {
    print(`${environment}\n`);
    print(
      table([
        ["", "PART", "PID", "ADDRESS", "STATE"],
        ...parts.map(({ name, pid, address, state, ok }) => [ok ? "✔" : "✖", name, String(pid ?? "-"), address, state]),
      ]),
    );
  }
  if (all.some(({ parts }) => parts.some(({ ok }) => !ok))) process.exitCode = 1;
}

export async function logs(
  name: string,
  part: string | undefined,
  options: { lines: string; follow?: boolean },
): Promise<void> {
  const root = projectRoot();
  assertKnown(root, [name]);
  const folder = twinFolder(root, name);
  if (!existsSync(folder.root)) throw new UserError(`${name} has no twin on this machine`, `natsform up ${name}`);
  const count = Number(options.lines);
  if (!Number.isInteger(count) || count < 0)
    throw new UserError(`--lines must be a whole number, got ${options.lines}`);
  const shown = printLogs(folder, part, count);
  if (options.follow) await followLogs(shown);
}

export async function token(name: string, options: { sub: string; claim: string[]; expires: string }): Promise<void> {
  const expiresInSeconds = Number(options.expires);
  if (!Number.isInteger(expiresInSeconds))
    throw new UserError(`--expires must be whole seconds, got ${options.expires}`);
  const twin = await openTwin(name, projectRoot());
  print(await mintToken(twin, { sub: options.sub, claims: options.claim, expiresInSeconds }));
}
