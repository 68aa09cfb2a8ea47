import type { Logger } from "pino";
import { type Runs, runsMessage, runsRepeatMs } from "../common/server-report";
import { type OpenProblems, refusedConfig } from "./open-problems";
import type { ServerState } from "./server-process";

/** Says what the server runs: when it changes, and again before a reader would look too far back. */
export class RunsReport {
  #said = "";
  #saidAt = 0;
  constructor(
    readonly log: Logger,
    readonly openProblems: Pick<OpenProblems, "of">,
  ) {}

  /** @param state undefined while no server runs */
  say(state: ServerState | undefined, loaded: Runs["loaded"], now: Date): void {
    if (!state?.digest) return;
    const loadedAt = new Date(state.loadedAt).toISOString();
    const runs: Runs = { digest: state.digest, loadedAt, refused: this.openProblems.of(refusedConfig), loaded };
    const text = JSON.stringify(runs);
    if (text === this.#said && now.getTime() - this.#saidAt < runsRepeatMs) return;
    this.#said = text;
    this.#saidAt = now.getTime();
    this.log.info({ runs }, runsMessage);
  }
}
