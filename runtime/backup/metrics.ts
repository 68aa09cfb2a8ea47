import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { Gauge, Registry } from "prom-client";
import { embeddedMetrics } from "../common/embedded-metrics";
import type { Alarm } from "./alarms";
import { backupTime } from "./backup-id";
import type { Scope } from "./catalog";
import { BACKUP_DIMENSION } from "./contract";
import type { Manifest } from "./manifest";
import { scopeName } from "./restore-plan";
import type { Verdict } from "./verify";

/** Results of one run of the program; those of parts that did not run are absent. */
export interface RunResult {
  readonly command: "backup" | "drill";
  readonly scope: Scope;
  readonly ok: boolean;
  readonly seconds: number;
  /** The newest complete backup of the target after the run. */
  readonly newest?: Manifest;
  /** Seconds for which no drill has proven a backup, where drills note that they have. */
  readonly unprovenSeconds?: number;
  readonly backup?: { readonly manifest: Manifest; readonly alarms: readonly Alarm[] };
  readonly drill?: { readonly manifest: Manifest; readonly verdicts: readonly Verdict[] };
}

interface Measure {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** Measurements of a run. Alerts use their names. */
function measures({ backup, drill, newest, command, ok, seconds, unprovenSeconds }: RunResult): Measure[] {
  const found: Measure[] = [];
  const set = (name: string, help: string, value: number | undefined) => {
    if (value !== undefined) found.push({ name: `natsform_${name}`, help, value });
  };
  const timeOf = (manifest: Manifest | undefined) => manifest && (backupTime(manifest.id) ?? 0) / 1000;
  set(`${command}_last_run_ok`, "1 when the last run did all it had to do.", ok ? 1 : 0);
  set(`${command}_last_run_duration_seconds`, "Seconds that the last run took.", seconds);
  set("backup_last_success_timestamp_seconds", "When the newest complete backup began.", timeOf(newest));
  set("backup_unproven_seconds", "Seconds for which no drill has proven a backup.", unprovenSeconds);
  if (backup) {
    const { streams, holes } = backup.manifest;
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    set("backup_bytes", "Bytes stored by the last run.", sum(streams.map(({ data }) => data.bytes)));
    set("backup_streams", "Streams in the last backup.", streams.length);
    set("backup_messages", "Messages in the last backup.", sum(streams.map(({ state }) => state.messages)));
    set("backup_holes", "Streams and consumers that the last backup does not hold.", holes.length);
    set("backup_shrink_alarms", "Streams that are missing, empty or half of what they were.", backup.alarms.length);
  }
  if (drill) {
    const failed = drill.verdicts.filter(({ result }) => result !== "same").length;
    set("backup_drill_failed_streams", "Streams that the last drill could not restore as they were.", failed);
    set("backup_drill_backup_timestamp_seconds", "When the drilled backup began.", timeOf(drill.manifest));
  }
  return found;
}

/** The metrics of a run, in Prometheus's text format. */
export async function printMetrics(result: RunResult): Promise<string> {
  const registry = new Registry();
  registry.setDefaultLabels({ ...result.scope });
  for (const { name, help, value } of measures(result)) new Gauge({ name, help, registers: [registry] }).set(value);
  return registry.metrics();
}

/**
 * The same as a line in CloudWatch's embedded metric format.
 *
 * @param now milliseconds since the epoch
 */
export function printEmbedded(result: RunResult, namespace: string, now: number): string {
  const values = Object.fromEntries(measures(result).map(({ name, value }) => [name, value]));
  return embeddedMetrics({ namespace, dimension: [BACKUP_DIMENSION, scopeName(result.scope)], values }, now);
}

/** Replaces the file as a whole: a reader never sees half of one. */
export async function writeMetrics(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(unfinished, text, { mode: 0o644 });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
