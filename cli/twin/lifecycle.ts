import { existsSync } from "node:fs";
import { admit } from "../../admission";
import { type ChangePlan, changesNothing } from "../../model/change";
import { loadEnvironment } from "../../model/config/load";
import { buildTopology } from "../../model/topology";
import { changeLines } from "../../templates";
import { refusal } from "../core/admission-gate";
import { counted } from "../core/counted";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { withLock } from "../core/lock";
import type { PartStatus } from "../core/rows";
import { runSteps } from "../core/steps";
import { twinFolder } from "../core/twin-folder";
import { agreeOnUp, planTwin } from "./changes";
import { prepareTwin } from "./context";
import { stopTwin, wipeTwin } from "./down";
import { keepBackupKey } from "./kept-backup-key";
import type { PortChoice } from "./ports";
import { twinStatus } from "./status";
import { type UpState, upSteps } from "./up";

export interface TwinProps {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
}

export interface UpProps extends TwinProps {
  /** @default "same": those of the last time */
  ports?: PortChoice;
  /** Names of what may be lost: streams, `STREAM/consumer`, accounts, clusters. */
  allowDataLoss?: string[];
  /** Ends connections that still have rights of before; without it they keep them until they end by themselves. */
  disconnect?: boolean;
}

export interface TwinUp {
  environment: string;
  /** Findings of lint that nobody has acknowledged. */
  warnings: number;
  acknowledged: number;
  /** Servers and programs, with their addresses. */
  parts: PartStatus[];
}

/**
 * Brings the twin of an environment from its current state to what the environment says. Success means that it is ready. The
 * host is asked before clients have to reconnect, and before something is lost that no name allows.
 *
 * @throws ConfigError, UserError when lint refuses the environment, a tool or a port is missing, or a part does not start
 */
export async function upTwin(
  name: string,
  { root = projectRoot(), ports, ...options }: UpProps,
  host: Host,
): Promise<TwinUp> {
  const { findings, acknowledged } = await admitted(name, root, host);
  const twin = await prepareTwin(name, root, ports);
  await withLock(twin.folder.lock, async () => {
    const plan = planTwin(twin, root);
    // The first `up` changes nothing that was there.
    if (existsSync(twin.folder.applied) && !changesNothing(plan)) notices(host)(changeLines(plan).join("\n"));
    await agreeOnUp(twin, root, options, host);
    const agreedLosses = [...(options.allowDataLoss ?? []), ...plan.losses.map(({ name }) => name)];
    await runSteps(host, upSteps(twin, root, { ...options, agreedLosses }), {} as UpState);
  });
  const parts = await twinStatus(twin);
  return { environment: name, warnings: findings.length, acknowledged: acknowledged.length, parts };
}

/** What `upTwin` would do, without touching anything. */
export async function planTwinUp(name: string, { root = projectRoot() }: TwinProps, host: Host): Promise<ChangePlan> {
  await admitted(name, root, host);
  const { topology } = await openEnvironment(name, root);
  return planTwin({ topology, folder: twinFolder(root, name) }, root);
}

/** @throws UserError for what lint refuses */
async function admitted(name: string, root: string, host: Host) {
  const environment = await loadEnvironment(name, root);
  const today = new Date().toISOString().slice(0, 10);
  const verdict = admit({ environment, topology: buildTopology(environment), purpose: "twin", today });
  const refused = refusal(verdict);
  if (refused) throw refused;
  const { findings, acknowledged } = verdict.lint;
  notices(host)(`${name}: ${counted(findings.length, "warning")}, ${acknowledged.length} acknowledged`);
  return { findings, acknowledged };
}

export interface DownTwinProps extends TwinProps {
  /** Removes data, keys and certificates of the twin as well. */
  wipe?: boolean;
  /** Ends servers at once, without lame duck mode. */
  now?: boolean;
}

export interface TwinDown {
  environment: string;
  stopped: number;
  /** Parts that did not stop in time and were ended by force. */
  killed: string[];
  wiped: boolean;
}

/** Stops every process of a twin. */
export async function downTwin(
  name: string,
  { root = projectRoot(), wipe = false, now }: DownTwinProps,
  host: Host,
): Promise<TwinDown> {
  const folder = twinFolder(root, name);
  const say = notices(host);
  return withLock(folder.lock, async () => {
    const { stopped, killed } = await stopTwin(folder, { now, progress: (text) => say(`${name}: ${text}`) });
    say(`${name}: ${counted(stopped, "process")} stopped${killed.length > 0 ? `, ${killed.length} by force` : ""}`);
    if (wipe) {
      const kept = await keepBackupKey(folder);
      wipeTwin(folder);
      say(`${name}: data, keys and certificates of the twin removed${kept ? "; its backups and their key stay" : ""}`);
    }
    return { environment: name, stopped, killed, wiped: wipe };
  });
}
