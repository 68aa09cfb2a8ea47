import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { NotInTime } from "../client/retry";
import { applyPlan, PlanRefused } from "./apply";
import { untilDurable } from "./durable";
import { findStreams } from "./find";
import { type PlanProps, planStreams } from "./plan";

export interface RunProps extends Omit<PlanProps, "found"> {
  /** Milliseconds for everything but the wait for durability. */
  readonly timeoutMs: number;
  /** `sync_interval` of the servers; 0 stands for `always`. */
  readonly syncIntervalMs: number;
  readonly log: Logger;
}

/** Exit codes. `notReached` is worth another try; `refused` needs someone to change something. */
export const EXIT = { ok: 0, refused: 1, notReached: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Finds, plans, applies, and waits until its changes survive a power cut.
 *
 * @param connect rejects while no server can be reached; it is called once
 */
export async function run(connect: () => Promise<NatsConnection>, props: RunProps): Promise<ExitCode> {
  const { log, owner } = props;
  const deadline = Date.now() + props.timeoutMs;
  let nc: NatsConnection;
  try {
    nc = await connect();
  } catch (error) {
    log.error({ error: String(error) }, "no server can be reached");
    return EXIT.notReached;
  }
  try {
    const plan = planStreams({ ...props, found: await findStreams(nc, deadline, props.desired) });
    for (const { kind, stream, consumer, changes, reason, loss } of plan)
      log.info({ kind, stream, consumer, changes, reason, loss }, "planned");
    const { changed, finishedAt, clustered } = await applyPlan(nc, {
      plan,
      owner,
      deadline,
      progress: ({ action: { kind, stream, consumer }, step, why }) =>
        log.debug({ kind, stream, consumer, step, why }, "applying"),
    });
    // Also when nothing had to be changed: an earlier run may have been killed between its last change and this wait.
    await untilDurable(finishedAt, { syncIntervalMs: props.syncIntervalMs, clustered });
    log.info({ changed }, "everything is there and survives a power cut");
    return EXIT.ok;
  } catch (error) {
    if (error instanceof PlanRefused)
      for (const { kind, stream, consumer, reason } of error.refused)
        log.error({ kind, stream, consumer, reason }, "refused; nothing was applied");
    else log.error({ error: String(error) }, "failed");
    return error instanceof NotInTime ? EXIT.notReached : EXIT.refused;
  }
}
