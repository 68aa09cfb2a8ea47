import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Varz } from "../client/monitoring";
import { errorMessage } from "../common/error-message";
import { readIfThere } from "./atomic";

/** State that a running server reports of its configuration. */
export interface ServerState {
  /** Time of its last load of the configuration: at its start or at a reload. Milliseconds since 1970. */
  loadedAt: number;
  digest?: string;
}

export type ReloadOutcome =
  | "loaded"
  /** It answers, and did not load. */
  | "refused"
  /** It stopped answering: its state is unknown. */
  | "silent";

const answerMs = 5_000;
const checkMs = 100;

/** The server beside the agent: same process namespace, same network. */
export class ServerProcess {
  constructor(
    readonly props: {
      pidFile: string;
      monitoringPort: number;
      /** Milliseconds that a server may take for a reload. It reports a refused reload only in its log. */
      reloadMs: number;
    },
  ) {}

  /** Undefined while no server runs. A pid file outlives its server, and its number may then be another process's. */
  pid(): number | undefined {
    const pid = Number(readIfThere(this.props.pidFile)?.trim());
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
    return commandOf(pid)?.startsWith("nats-server") ? pid : undefined;
  }

  /** Undefined while no server runs or it does not answer. */
  async state(): Promise<ServerState | undefined> {
    if (this.pid() === undefined) return undefined;
    try {
      const url = `http://127.0.0.1:${this.props.monitoringPort}/varz`;
      const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
      const varz = (await response.json()) as Varz;
      const loadedAt = Date.parse(varz.config_load_time ?? "");
      return Number.isNaN(loadedAt) ? undefined : { loadedAt, digest: varz.config_digest };
    } catch {
      return undefined;
    }
  }

  /**
   * Asks the server to load its files again, and waits until it has.
   *
   * @param since time of the last write of a file, in milliseconds since 1970
   * @throws when the server may not be signalled, or the agent ends
   */
  async reload(since: number, signal: AbortSignal): Promise<ReloadOutcome> {
    // A load in the same tick as the write would look like one before it.
    await sleep(Math.max(0, since + 1 - Date.now()), undefined, { signal });
    if (!this.#signal()) return "silent";
    const deadline = Date.now() + this.props.reloadMs;
    for (;;) {
      const state = await this.state();
      if (state && state.loadedAt >= since) return "loaded";
      if (Date.now() > deadline) return state ? "refused" : "silent";
      await sleep(checkMs, undefined, { signal });
    }
  }

  /** Returns false when the server has vanished. */
  #signal(): boolean {
    const pid = this.pid();
    if (pid === undefined) return false;
    try {
      return process.kill(pid, "SIGHUP");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
      throw new Error(`the server may not be signalled; both must run as the same user: ${errorMessage(error)}`);
    }
  }
}

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return undefined;
  }
}
