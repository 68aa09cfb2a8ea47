import type { Logger } from "pino";
import { differingKeys } from "./conf-keys";
import type { Metrics } from "./metrics";
import { configWhat, type OpenProblems, refusedConfig, refusedFiles } from "./open-problems";
import type { ServerFiles } from "./server-files";
import type { ReloadOutcome, ServerProcess } from "./server-process";
import type { Change } from "./update";

export interface ReloadServerProps {
  files: ServerFiles;
  server: Pick<ServerProcess, "state" | "reload">;
  openProblems: OpenProblems;
  metrics: Metrics;
  log: Logger;
  signal: AbortSignal;
}

const reloadWhat = "reload";

/**
 * Makes the server load the files in place, if it has not. One refused key makes it refuse everything, renewed
 * certificates included, so refused files are put back.
 *
 * @param changes made since the server last loaded
 * @returns whether the server uses the files in place now
 */
export async function reloadServer(changes: readonly Change[], props: ReloadServerProps): Promise<boolean> {
  const { files, server, openProblems, log } = props;
  const state = await server.state();
  if (!state) return false;
  if (state.loadedAt >= files.writtenAt()) {
    files.confirmLoaded();
    return true;
  }
  const outcome = await requestReload(props);
  if (outcome === "loaded") {
    const digest = (await server.state())?.digest;
    log.info({ changes: changes.map(({ what }) => what), digest, before: state.digest }, "the server reloaded");
    files.confirmLoaded();
    openProblems.close(reloadWhat);
    for (const { what } of changes) openProblems.close(what === configWhat ? refusedConfig : refusedFiles);
    return true;
  }
  if (outcome === "refused" && (await withoutConfig(props))) return true;
  if (outcome === "refused" && (await withoutChanges(changes, props))) return true;
  openProblems.open(
    reloadWhat,
    outcome === "silent" ? "the server does not answer" : "the server refuses every reload",
  );
  return false;
}

async function requestReload({ files, server, metrics, signal }: ReloadServerProps): Promise<ReloadOutcome> {
  const outcome = await server.reload(files.writtenAt(), signal);
  metrics.reloaded(outcome);
  return outcome;
}

/**
 * Puts back the configuration that the server runs with, and logs the keys by which the refused one differs from it.
 */
async function withoutConfig(props: ReloadServerProps): Promise<boolean> {
  const { files, openProblems, metrics } = props;
  const [loaded, refused] = [files.loadedConf(), files.conf()];
  if (loaded === undefined || refused === undefined || loaded === refused) return false;
  metrics.failed(configWhat, "rejected");
  files.writeConf(loaded);
  const keys = differingKeys(loaded, refused).join(", ");
  openProblems.open(refusedConfig, `it refuses to reload a configuration that differs in: ${keys}`);
  return reloadedNow(props);
}

/** Puts back certificates and credentials, too. */
async function withoutChanges(changes: readonly Change[], props: ReloadServerProps): Promise<boolean> {
  const reverted = changes.filter(({ what }) => what !== configWhat);
  if (reverted.length === 0) return false;
  // Last change first: of two changes of one file, the first one knows what the server has.
  for (const { what, undo } of reverted.toReversed()) {
    undo();
    props.metrics.failed(what, "rejected");
  }
  const names = reverted.map(({ what }) => what).join(", ");
  props.openProblems.open(refusedFiles, `it refuses to reload one of these: ${names}`);
  return reloadedNow(props);
}

async function reloadedNow(props: ReloadServerProps): Promise<boolean> {
  if ((await requestReload(props)) !== "loaded") return false;
  props.files.confirmLoaded();
  return true;
}
