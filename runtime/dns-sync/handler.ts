import type { Logger } from "pino";
import type { Aws } from "./aws";
import type { DnsSyncEnv } from "./env";
import { eventSummary } from "./event";
import { metricLine, metricValues } from "./metrics";
import { type Outcome, reconcile } from "./reconcile";

/** Context that Lambda passes besides the event. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
  awsRequestId?: string;
}

export interface HandlerProps {
  env: DnsSyncEnv;
  /** AWS for one invocation, which ends when the signal aborts. */
  connect: (deadline: AbortSignal) => Aws;
  log: Logger;
  /** Writes one line to stdout. */
  print: (line: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Kept free to report a failure before Lambda ends the process. */
const reserveMs = 1500;

/** The Lambda function. An invocation that fails is invoked again by Lambda, then put into the dead-letter queue. */
export function buildHandler({ env, connect, log: parent, print, now }: HandlerProps) {
  return async (event: unknown, context: InvocationContext): Promise<Outcome> => {
    const log = parent.child({ requestId: context.awsRequestId, recordName: env.RECORD_NAME });
    log.info({ event: eventSummary(event) }, "invoked");
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), Math.max(0, context.getRemainingTimeInMillis() - reserveMs));
    const aws = connect(deadline.signal);
    let outcome: Outcome | undefined;
    try {
      outcome = await reconcile(aws, env);
      logOutcome(log, outcome);
      return outcome;
    } catch (error) {
      log.error({ error: String(error), retries: aws.retries(), late: deadline.signal.aborted }, "failed");
      throw error;
    } finally {
      clearTimeout(timer);
      print(metricLine(env.RECORD_NAME, metricValues(outcome, aws.retries(), now()), now()));
    }
  };
}

function logOutcome(log: Logger, { withoutAddress, ...outcome }: Outcome): void {
  if (withoutAddress.length > 0) log.warn({ tasks: withoutAddress }, "healthy tasks without an address are left out");
  if (outcome.record === "refused") log.error(outcome, "refused: the record is not ours");
  else if (outcome.record === "kept") log.warn(outcome, "no server is healthy: the last addresses stay");
  else log.info(outcome, outcome.record);
}
