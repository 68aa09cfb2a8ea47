import type { Authentication } from "../../runtime/client";
import type { TestTwin } from "./twin-project";

export interface Visits {
  admitted: number;
  /** How often, by reason. */
  refused: Record<string, number>;
  /** The longest that a login took. */
  longestMs: number;
}

/** A user and a service that log in and leave again for as long as `work` takes. */
export async function whileClientsConnect(twin: TestTwin, work: () => Promise<unknown>): Promise<Visits> {
  const token = await twin.token("carol");
  const visits: Visits = { admitted: 0, refused: {}, longestMs: 0 };
  let stopped = false;
  const visit = async (authentication: Authentication) => {
    while (!stopped) {
      const client = twin.client(authentication, { connectTimeoutMs: 20_000 });
      const started = Date.now();
      try {
        await client.connection();
        visits.admitted++;
        visits.longestMs = Math.max(visits.longestMs, Date.now() - started);
      } catch (error) {
        const reason = `${authentication.kind}: ${error}`;
        visits.refused[reason] = (visits.refused[reason] ?? 0) + 1;
      } finally {
        await client.close();
      }
    }
  };
  const visitors = Promise.all([visit({ kind: "token", token }), visit(twin.service())]);
  try {
    await work();
  } finally {
    stopped = true;
    await visitors;
  }
  return visits;
}
