import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { shrinkAlarms } from "./alarms";
import { backUp } from "./backup";
import { chooseBackup, type Entry, newestGood, readCatalog } from "./catalog";
import { RUN_SECONDS } from "./contract";
import { drill } from "./drill";
import type { Manifest } from "./manifest";
import { printEmbedded, printMetrics, type RunResult, writeMetrics } from "./metrics";
import { noteProof, unprovenSeconds } from "./proof";
import { prune } from "./prune";
import { previewRestore, restore } from "./restore";
import { scopeName } from "./restore-plan";
import { openScratchServer } from "./scratch";
import type { Command, Settings } from "./settings";

/** Exit codes. `failed` needs someone to look; `notReached` is worth another try. */
export const EXIT = { ok: 0, failed: 1, notReached: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface RunProps {
  readonly settings: Settings;
  /** Rejects while no server can be reached; called by commands that need one. */
  readonly connect: () => Promise<NatsConnection>;
  readonly log: Logger;
  readonly now: () => Date;
  /** @default RUN_SECONDS */
  readonly endsWithinMs?: number;
}

/**
 * Runs one command and logs everything about it. Never rejects for an error that an operator can fix. A run that does not
 * end has failed: what it waits for is left behind.
 */
export async function run(command: Command, props: RunProps): Promise<ExitCode> {
  const { log, endsWithinMs = RUN_SECONDS * 1000 } = props;
  try {
    return await within(endsWithinMs, () => commands[command](props));
  } catch (error) {
    log.error({ error: String(error) }, "failed");
    if (command === "backup" || command === "drill") await report(props, { command, ok: false, seconds: 0 });
    return EXIT.failed;
  }
}

const reportMs = 60_000;

/** @throws Error when the work does not end in time; what it waits for is left behind */
async function within<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal }).then(() => {
    throw new Error(`it did not end within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}

async function connected({ connect, log }: RunProps): Promise<NatsConnection | undefined> {
  return connect().catch((error: unknown) => {
    log.error({ error: String(error) }, "no server can be reached");
    return undefined;
  });
}

async function runBackup(props: RunProps): Promise<ExitCode> {
  const { settings, log, now } = props;
  const { target, scope, keys } = settings;
  const started = Date.now();
  const found = await readCatalog(target, scope, keys);
  const before = newestGood(found);
  // What CloudWatch is told: it cannot look back as long as drills are apart.
  const unproven = settings.metrics.namespace === undefined ? undefined : unprovenSeconds(found, now());
  const nc = await connected(props);
  if (!nc) {
    const seconds = (Date.now() - started) / 1000;
    await report(props, { command: "backup", ok: false, seconds, unprovenSeconds: unproven });
    return EXIT.notReached;
  }
  log.info({ target: target.name, encrypted: keys.length > 0 }, "backup begins");
  const manifest = await backUp(nc, { target, scope, key: keys[0], now, log });
  const alarms = shrinkAlarms(before, manifest);
  for (const { kind, stream, consumer, what } of manifest.holes)
    log[kind === "stream-failed" ? "error" : "warn"]({ kind, stream, consumer, what }, "hole");
  for (const alarm of alarms) log.warn(alarm, "shrunk");
  await report(props, {
    command: "backup",
    ok: manifest.complete,
    seconds: (Date.now() - started) / 1000,
    unprovenSeconds: unproven,
    backup: { manifest, alarms },
  });
  const { id, complete, streams, holes } = manifest;
  log.info({ id, complete, streams: streams.length, holes: holes.length, alarms: alarms.length }, "backup ends");
  if (settings.retentionMs !== undefined) await runPrune(props);
  return complete ? EXIT.ok : EXIT.failed;
}

async function runPrune({ settings, log, now }: RunProps): Promise<ExitCode> {
  const removed = await prune({ ...settings, retentionMs: settings.retentionMs ?? 0, now: now() });
  if (removed.length > 0) log.info({ removed }, "pruned");
  return EXIT.ok;
}

async function runList({ settings: { target, scope, keys }, log }: RunProps): Promise<ExitCode> {
  for (const entry of await readCatalog(target, scope, keys)) log.info(describe(entry), "backup");
  return EXIT.ok;
}

/** One line about a folder of the target. */
export function describe({ id, manifest, problem }: Entry) {
  if (!manifest) return { id, state: problem === undefined ? "unfinished" : "unreadable", problem };
  return {
    id,
    state: manifest.complete ? "complete" : "incomplete",
    streams: manifest.streams.length,
    messages: manifest.streams.reduce((sum, { state }) => sum + state.messages, 0),
    bytes: manifest.streams.reduce((sum, { data }) => sum + data.bytes, 0),
    holes: manifest.holes.length,
  };
}

/** The requested backup. @throws NoBackup, TargetError */
async function requestedBackup({ target, scope, keys, restore: { id, from } }: Settings): Promise<Manifest> {
  const [environment = "", cluster = "", account = ""] = (from ?? scopeName(scope)).split("/");
  return chooseBackup(await readCatalog(target, { environment, cluster, account }, keys), id);
}

async function runRestore(props: RunProps): Promise<ExitCode> {
  const { settings, log } = props;
  const { target, scope, keys, restore: request } = settings;
  const manifest = await requestedBackup(settings);
  const nc = await connected(props);
  if (!nc) return EXIT.notReached;
  const restoreProps = {
    target,
    manifest,
    into: scope,
    keys,
    log,
    streams: request.streams,
    from: request.from,
    replace: [],
  };
  const steps = await previewRestore(nc, restoreProps);
  for (const step of steps) log[step.kind === "refused" ? "error" : "info"]({ ...step, id: manifest.id }, "planned");
  if (steps.some(({ kind }) => kind === "refused")) return EXIT.failed;
  if (!request.apply) {
    log.info({ id: manifest.id }, 'dry run: nothing was restored; RESTORE_APPLY="yes" does it');
    return EXIT.ok;
  }
  const restored = await restore(nc, steps, restoreProps);
  return restored.every(({ verdict }) => verdict.result !== "different") ? EXIT.ok : EXIT.failed;
}

async function runDrill(props: RunProps): Promise<ExitCode> {
  const { settings, log, now } = props;
  const { target, keys } = settings;
  const started = Date.now();
  const manifest = await requestedBackup(settings);
  const scratch = await openScratchServer(settings.scratch);
  try {
    const verdicts = await drill(scratch.connection, { target, manifest, keys, log });
    const ok = verdicts.every(({ result }) => result === "same");
    const seconds = (Date.now() - started) / 1000;
    if (ok && settings.metrics.namespace !== undefined) await noteProof(target, manifest, now());
    await report(props, { command: "drill", ok, seconds, drill: { manifest, verdicts } });
    log[ok ? "info" : "error"]({ id: manifest.id, streams: verdicts.length, seconds }, ok ? "proven" : "not proven");
    return ok ? EXIT.ok : EXIT.failed;
  } finally {
    await scratch.stop();
  }
}

const commands: Record<Command, (props: RunProps) => Promise<ExitCode>> = {
  backup: runBackup,
  list: runList,
  restore: runRestore,
  drill: runDrill,
  prune: runPrune,
};

/** Metrics must not turn a backup that was made into one that failed. */
async function report(
  { settings, log, now, endsWithinMs = reportMs }: RunProps,
  found: Omit<RunResult, "scope" | "newest">,
): Promise<void> {
  const { target, scope, keys, metrics } = settings;
  try {
    // A target that does not answer is why the run has failed: what else is known is told all the same.
    const newest = await within(Math.min(endsWithinMs, reportMs), () => readCatalog(target, scope, keys)).then(
      newestGood,
      () => undefined,
    );
    const result = { ...found, scope, newest };
    const text = await printMetrics(result);
    if (metrics.file !== undefined) await writeMetrics(metrics.file, text);
    else log.info({ metrics: text }, "metrics");
    if (metrics.namespace !== undefined) console.log(printEmbedded(result, metrics.namespace, now().getTime()));
  } catch (error) {
    log.error({ error: String(error) }, "the metrics were not written");
  }
}
