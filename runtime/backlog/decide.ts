import { z } from "zod";
import { BACKLOG_METRICS } from "./contract";

const count = z.number().int().min(0);

/** What the server says of a consumer, as far as it is read. */
const ConsumerInfo = z.object({ num_pending: count, num_ack_pending: count });
const Refused = z.object({ error: z.object({ description: z.string() }) });

/**
 * Messages that wait for a consumer's service: those that it was not given yet, and those that it was given and has not
 * acknowledged. The latter count, since a service that ended with them in hand has to come back for them.
 *
 * @throws Error when the answer says that there is none
 */
export function waitingIn(answer: unknown): number {
  const refused = Refused.safeParse(answer);
  if (refused.success) throw new Error(refused.data.error.description);
  const { num_pending, num_ack_pending } = ConsumerInfo.parse(answer);
  return num_pending + num_ack_pending;
}

/** What was found out about a service; what is not known is undefined. */
export interface Found {
  service: string;
  waiting?: number;
  /** Tasks that ECS wants of it. */
  tasks?: number;
}

export interface Datum {
  service: string;
  metric: string;
  value: number;
}

/**
 * What CloudWatch is told. Nothing stands for what is not known: with a 0 in its place a service would be taken away while
 * its messages wait. Tasks that ECS wants are divided by, not those that run: while one starts, no further one is needed.
 */
export function toData(found: readonly Found[]): Datum[] {
  return found.flatMap(({ service, waiting, tasks }) => {
    if (waiting === undefined) return [];
    const datum = (metric: string, value: number): Datum => ({ service, metric, value });
    return [
      datum(BACKLOG_METRICS.waiting, waiting),
      ...(tasks === undefined
        ? []
        : [
            datum(BACKLOG_METRICS.perTask, waiting / Math.max(1, tasks)),
            datum(BACKLOG_METRICS.withoutTask, tasks === 0 ? waiting : 0),
          ]),
    ];
  });
}
