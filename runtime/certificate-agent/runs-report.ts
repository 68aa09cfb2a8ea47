import type { Logger } from "pino";
import { mostHeld, type Runs, runsMessage, runsRepeatMs } from "../common/server-report";
import { type OpenProblems, refusedConfig } from "./open-problems";
import type { ServerState } from "./server-process";

/** What is found beside what the server says itself. */
export interface Found {
  loaded?: Runs["loaded"];
  /** Streams in its store, by account. */
  holds?: ReadonlyMap<string, readonly string[]>;
}

/** Says what the server runs: when it changes, and again before a reader would look too far back. */
export class RunsReport {
  #said = "";
  #saidAt = 0;
  constructor(
    readonly log: Logger,
    readonly openProblems: Pick<OpenProblems, "of">,
  ) {}

  /** @param state undefined while no server runs */
  say(state: ServerState | undefined, { loaded, holds = new Map() }: Found, now: Date): void {
    if (!state?.digest) return;
    const loadedAt = new Date(state.loadedAt).toISOString();
    const refused = this.openProblems.of(refusedConfig);
    const named = [...holds].map(([account, streams]) => [account, streams.slice(0, mostHeld)] as const);
    const runs: Runs = { digest: state.digest, loadedAt, refused, loaded, holds: Object.fromEntries(named) };
    // Streams come and go, and are said with the rest.
    const text = JSON.stringify({ ...runs, holds: [...holds.keys()].sort() });
    if (text === this.#said && now.getTime() - this.#saidAt < runsRepeatMs) return;
    this.#said = text;
    this.#saidAt = now.getTime();
    this.log.info({ runs }, runsMessage);
  }
}
