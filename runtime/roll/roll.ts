import { setTimeout as sleep } from "node:timers/promises";
import type { AuditProps } from "../audit/audit-stream";
import { NotInTime } from "../client/retry";
import type { ClusterDriver, RollDriver } from "./driver";
import { type GateProps, type Objection, objections } from "./gate";
import { rollOrder } from "./order";
import type { ClusterState } from "./state";
import { lookAtStreams, moveLeaders } from "./streams";

export interface RollProps extends GateProps, Pick<AuditProps, "bytesPerSecond" | "inboxPrefix"> {
  /** Removes what each server stores before it is started again, as where a disk goes with its task. */
  empties?: boolean;
  /** How long others that are not ready are waited for before the first server is touched, in milliseconds. */
  patienceMs: number;
  /** How long a server may take to come back and to have all messages again, in milliseconds. */
  backMs: number;
  /** What the server itself holds does not count: it is what is wrong. */
  untrusted?: boolean;
  /** What is done to it, for who reads. @default "restarted" */
  doing?: string;
  /** Between two looks at servers, in milliseconds. @default 250 */
  pauseMs?: number;
  say(text: string): void;
}

/** A server was not taken away, since others could not do without it. Nothing was done to it. */
export class NotTaken extends Error {
  override readonly name = "NotTaken";
  constructor(
    readonly server: string,
    readonly reasons: readonly string[],
    doing = "restarted",
  ) {
    super(`${server} is not ${doing}: ${reasons.join("; ")}`);
  }
}

/** A server was started and does not serve: what comes after it was left alone. */
export class NotBack extends Error {
  override readonly name = "NotBack";
  constructor(
    readonly server: string,
    why: string,
    readonly said: string,
  ) {
    super(`${server} did not come back: ${why}`);
  }
}

const PAUSE_MS = 250;
/** Within this a stream answers whose group has a majority. */
const ANSWER_MS = 30_000;

/** What keeps the disks of servers, on whatever platform. */
type KeepsDisks = Omit<RollProps, "empties"> & { empties?: false };

/**
 * Restarts servers one after another, each only while all others serve and hold the same, and each back in full before the next.
 * Where no majority serves, nothing can be interrupted: then those that do not serve are restarted until one does.
 * Safe to run again after it was killed at any moment: a server that is stopped is started, whatever it was stopped for.
 *
 * @throws NotTaken, NotBack
 */
export async function rollServers(
  ...[driver, wanted, props]:
    | [driver: ClusterDriver, wanted: readonly string[], props: RollProps]
    | [driver: RollDriver, wanted: readonly string[], props: KeepsDisks]
): Promise<void> {
  const empty = "empty" in driver && props.empties ? (server: string) => driver.empty(server) : undefined;
  const early: string[] = [];
  let left = wanted;
  while (left.length > 0) {
    const [server] = rollOrder(left, await driver.look());
    if (server === undefined) return;
    const patienceMs = left === wanted ? props.patienceMs : props.backMs;
    left = left.filter((name) => name !== server);
    const stranded = await restart(driver, server, { ...props, patienceMs }, empty);
    // It cannot serve while others that are to be started anew do not: the next may be what it waits for.
    const state = await driver.look();
    if (stranded && left.some((name) => !serves(stateOf(name, state)))) early.push(server);
    else await back(driver, server, props);
  }
  for (const server of early) await back(driver, server, props);
}

/** @returns whether no majority served before */
async function restart(
  driver: RollDriver,
  server: string,
  props: RollProps,
  empty: ((server: string) => Promise<void>) | undefined,
): Promise<boolean> {
  const { say } = props;
  const stranded = await isStranded(driver, server, props);
  const found = stateOf(server, await driver.look());
  const takes = found.runs && (!stranded || props.loses === "everything");
  if (empty || takes) await othersCanDoWithout(driver, server, props);
  if (found.runs && serves(found)) {
    say(`${server}: others take over what it leads`);
    await moveLeaders(driver, server, Date.now() + props.backMs);
  }
  if (found.runs) {
    say(`restarts ${server}: lame duck mode`);
    await driver.stop(server);
  }
  await empty?.(server);
  say(`starts ${server}`);
  await driver.start(server);
  return stranded;
}

/** Whether a server does not serve, and no majority does, now and for as long as others are waited for. */
async function isStranded(driver: RollDriver, server: string, props: RollProps): Promise<boolean> {
  const deadline = Date.now() + props.patienceMs;
  for (;;) {
    const state = await driver.look();
    const found = stateOf(server, state);
    if (serves(found) || majorityServes(state)) return false;
    // Who does not run takes nothing away by being started.
    if (!found.runs || Date.now() > deadline) return true;
    await sleep(props.pauseMs ?? PAUSE_MS);
  }
}

const majorityServes = ({ servers }: ClusterState): boolean => servers.filter(serves).length * 2 > servers.length;

/** Waits until nothing stands against taking a server away. @throws NotTaken */
export async function othersCanDoWithout(driver: RollDriver, server: string, props: RollProps): Promise<void> {
  const deadline = Date.now() + props.patienceMs;
  let told = "";
  for (;;) {
    const against = await standingAgainst(driver, server, props);
    if (against.length === 0) return;
    if (against.some(({ lasting }) => lasting) || Date.now() > deadline)
      throw new NotTaken(server, [...new Set(against.map(({ what }) => what))], props.doing);
    const why = against[0]?.what ?? "";
    if (why !== told) props.say(`${server} waits: ${why}`);
    told = why;
    await sleep(props.pauseMs ?? PAUSE_MS);
  }
}

/** Servers first: streams are read only where all of them answer. */
async function standingAgainst(driver: RollDriver, server: string, props: RollProps): Promise<Objection[]> {
  const state = await driver.look();
  const early = objections(server, state, [], props);
  if (early.length > 0) return early;
  const { bytesPerSecond, inboxPrefix } = props;
  const found = state.servers.find(({ name }) => name === server);
  const without = found && (props.untrusted || !serves(found)) ? server : undefined;
  try {
    const deadline = Date.now() + ANSWER_MS;
    const streams = await lookAtStreams(driver, { bytesPerSecond, inboxPrefix, without, deadline });
    return objections(server, state, streams, props);
  } catch (error) {
    if (error instanceof NotInTime) return [{ what: error.message }];
    throw error;
  }
}

/** Waits until a server serves and the meta group has it back. @throws NotBack */
export async function back(
  driver: RollDriver,
  server: string,
  props: Pick<RollProps, "backMs" | "pauseMs">,
): Promise<void> {
  const deadline = Date.now() + props.backMs;
  for (;;) {
    const state = await driver.look();
    const found = stateOf(server, state);
    if (serves(found) && isMember(server, state)) return;
    if (!found.runs) throw new NotBack(server, "it ended", await driver.said(server));
    if (Date.now() > deadline)
      throw new NotBack(server, found.wrong ?? "the others do not have it back", await driver.said(server));
    await sleep(props.pauseMs ?? PAUSE_MS);
  }
}

export const stateOf = (server: string, { servers }: ClusterState): ClusterState["servers"][number] =>
  servers.find(({ name }) => name === server) ?? { name: server, runs: false, cutOffFrom: [] };

export const serves = ({ runs, wrong, cutOffFrom }: ClusterState["servers"][number]): boolean =>
  runs && wrong === undefined && cutOffFrom.length === 0;

const isMember = (server: string, { meta }: ClusterState): boolean =>
  !meta || meta.leader === server || meta.followers.some(({ name, current }) => name === server && current);
