import type { Logger } from "pino";

/** Key for problems of the configuration and of the files as a whole. */
export const configWhat = "nats.conf";
export const refusedConfig = "nats.conf in the server";
export const refusedFiles = "files in the server";

/** Logs a problem once, and once more when it is over: a store that is down for an hour is one line, not sixty. */
export class OpenProblems {
  readonly #open = new Map<string, string>();
  constructor(readonly log: Logger) {}

  get none(): boolean {
    return this.#open.size === 0;
  }

  open(what: string, problem: string): void {
    if (this.#open.get(what) === problem) return;
    this.#open.set(what, problem);
    this.log.error({ what, problem }, "not in order; the files in place stay");
  }

  /** The problem that is open under this key. */
  of(what: string): string | undefined {
    return this.#open.get(what);
  }

  close(what: string): void {
    if (this.#open.delete(what)) this.log.info({ what }, "in order again");
  }
}
