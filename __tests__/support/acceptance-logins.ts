import { setTimeout as pause } from "node:timers/promises";
import type { NatsClient } from "../../runtime/client";

export interface Logins {
  admitted: number;
  /** Attempts that failed, by reason: a login goes on until it is admitted, as clients do. */
  refused: Record<string, number>;
  /** The most of them that one login took. */
  inARow: number;
  /** From the first attempt to the last. */
  longestMs: number;
}

const everyMs = 1000;
/** As `NatsClient` itself tries again once it was connected. */
const retryMs = 500;

/** Somebody who logs in anew every second, and at the end says how that went. */
export function startLogins(newClient: () => Promise<NatsClient>): { stop(): Promise<Logins> } {
  const logins: Logins = { admitted: 0, refused: {}, inARow: 0, longestMs: 0 };
  let stopped = false;
  const attempt = async (): Promise<boolean> => {
    const client = await newClient();
    try {
      await client.connection();
      return true;
    } catch (error) {
      const reason = String(error);
      logins.refused[reason] = (logins.refused[reason] ?? 0) + 1;
      return false;
    } finally {
      await client.close();
    }
  };
  const work = (async () => {
    while (!stopped) {
      const start = Date.now();
      for (let failed = 0; !stopped && !(await attempt()); await pause(retryMs))
        logins.inARow = Math.max(logins.inARow, ++failed);
      logins.longestMs = Math.max(logins.longestMs, Date.now() - start);
      if (!stopped) logins.admitted++;
      await pause(Math.max(0, start + everyMs - Date.now()));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await work;
      return logins;
    },
  };
}
