import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient } from "@aws-sdk/client-ecs";
import { Route53Client } from "@aws-sdk/client-route-53";
import { awsLimits } from "../common/aws-limits";
import { pace } from "./pace";

/** Route 53 allows an account 10 requests a second: we take 4 at most, so that others can work beside us. */
const route53GapMs = 250;

/**
 * Throttling and lost answers are repeated with jitter: at first after up to 0.1 s (throttling: 0.5 s), then after up
 * to twice as long.
 */
const retryMode = "standard";
/** A request that gets no answer is repeated too; all of them end with the invocation's deadline. */
const limits = awsLimits({ attempts: 8, connectMs: 3000, idleMs: 5000, answerMs: 5000 });

/** Clients with region, endpoint and credentials of the process environment. They are kept between invocations. */
export function buildClients() {
  const config = { ...limits, retryMode } as const;
  const route53 = new Route53Client(config);
  const turn = pace(route53GapMs, { now: () => performance.now(), sleep: (ms) => sleep(ms) });
  // After the retries' middleware, and so before each attempt.
  route53.middlewareStack.add(
    (next) => async (args) => {
      await turn();
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "pace" },
  );
  return { ecs: new ECSClient(config), ec2: new EC2Client(config), route53 };
}
