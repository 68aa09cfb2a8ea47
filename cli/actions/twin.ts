import { existsSync } from "node:fs";
import { admit } from "../../admission";
import { loadEnvironment } from "../../model/config/load";
import { buildTopology } from "../../model/topology";
import { refusal } from "../core/admission-gate";
import { counted } from "../core/counted";
import { emulatorFolder } from "../core/emulator-folder";
import { assertKnown, emulatedEnvironments, projectRoot, twinnedEnvironments } from "../core/environments";
import { commandHost } from "../core/hosts";
import { withLock } from "../core/lock";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { runSteps } from "../core/steps";
import { twinFolder } from "../core/twin-folder";
import { removeEmulator } from "../emulator/start";
import { emulatorStatus } from "../emulator/status";
import { openTwin, prepareTwin } from "../twin/context";
import { stopTwin, wipeTwin } from "../twin/down";
import { followLogs, printLogs } from "../twin/logs";
import { writeContexts } from "../twin/nats-contexts";
import type { PortChoice } from "../twin/ports";
import { twinStatus } from "../twin/status";
import { mintToken } from "../twin/token";
import { type UpState, upSteps } from "../twin/up";

/** Writes contexts for the nats CLI. */
export async function contexts(name: string, { folder }: { folder?: string }): Promise<void> {
  const root = projectRoot();
  for (const path of writeContexts(await openTwin(name, root), root, folder)) print(path);
}

export async function up(name: string, { ports }: { ports?: string }): Promise<void> {
  const root = projectRoot();
  const environment = await loadEnvironment(name, root);
  const today = new Date().toISOString().slice(0, 10);
  const verdict = admit({ environment, topology: buildTopology(environment), purpose: "twin", today });
  const refused = refusal(verdict);
  if (refused) throw refused;
  const { findings, acknowledged } = verdict.lint;
  print(`${name}: ${counted(findings.length, "warning")}, ${acknowledged.length} acknowledged`);
  const twin = await prepareTwin(name, root, portChoice(ports));
  await withLock(twin.folder.lock, () => runSteps(commandHost(), upSteps(twin, root), {} as UpState));
  print(`${name} is up; natsform verify ${name} checks it, natsform status ${name} shows its addresses`);
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
    const folder = twinFolder(root, name);
    await withLock(folder.lock, async () => {
      const progress = (text: string) => print(`${name}: ${text}`);
      const { stopped, killed } = await stopTwin(folder, { now, progress });
      print(`${name}: ${counted(stopped, "process")} stopped${killed.length > 0 ? `, ${killed.length} by force` : ""}`);
      if (killed.length > 0) process.exitCode = 1;
      if (!wipe) return;
      wipeTwin(folder);
      print(`${name}: data, keys and certificates of the twin removed`);
    });
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
