import type { Authentication } from "../../runtime/client";
import { failureOf, isOfNats } from "../../runtime/client/nats-errors";
import type { TestTwin } from "./twin-project";

export interface Visits {
  admitted: number;
  /** Attempts that met no server: of those that were not gone before, one goes while another one is asked. */
  again: number;
  /** How often, by reason. */
  refused: Record<string, number>;
  /** The longest that a login took. */
  longestMs: number;
}

/** More attempts in a row that meet no server are as bad as a refusal. */
const patience = 5;

/** A user and a service that log in and leave again for as long as `work` takes. */
export async function whileClientsConnect(twin: TestTwin, work: () => Promise<unknown>): Promise<Visits> {
  const token = await twin.token("carol");
  const visits: Visits = { admitted: 0, again: 0, refused: {}, longestMs: 0 };
  let stopped = false;
  const visit = async (authentication: Authentication) => {
    let unmet = 0;
    while (!stopped) {
      const client = twin.client(authentication, { connectTimeoutMs: 20_000 });
      const started = Date.now();
      try {
        await client.connection();
        unmet = 0;
        visits.admitted++;
        visits.longestMs = Math.max(visits.longestMs, Date.now() - started);
      } catch (error) {
        if (isOfNats(error) && failureOf(error) !== "refused" && ++unmet <= patience) {
          visits.again++;
          continue;
        }
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
