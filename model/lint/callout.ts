import { type EnvironmentRule, pathText } from "./context";
import { duration } from "./units";

/** Checks that logins continue during failures, and how long one of them lasts. */

const responders: EnvironmentRule = {
  id: "callout-single-responder",
  severity: "warning",
  title: "A single responder answers all logins",
  reason:
    "While it restarts nobody gets in but operators: each login waits out the callout's timeout and is denied (measured).",
  fix: "use 2 or more responders",
  check: ({ topology }) =>
    topology.identity.responders < 2
      ? [
          {
            at: pathText("identity", "responders"),
            message: `${topology.identity.responders} responder in each cluster`,
          },
        ]
      : [],
};

/** nats.js waits so long for a connection, nats.go 2 seconds. */
const longestClientWait = 20;

const timeout: EnvironmentRule = {
  id: "callout-timeout-long",
  severity: "warning",
  title: "The callout may take longer than clients wait",
  reason:
    "Clients give up (nats.go after 2 s, nats.js after 20 s) and connect again, while the server still holds the connection that they left: a slow callout then gets more requests, not fewer.",
  fix: "use 20 seconds at most; 5 are enough for a callout that verifies signatures locally",
  check: ({ topology }) =>
    topology.identity.calloutTimeoutSeconds > longestClientWait
      ? [
          {
            at: pathText("identity", "timeoutSeconds"),
            message: `a login may take ${topology.identity.calloutTimeoutSeconds} seconds; no client waits for more than ${longestClientWait}`,
          },
        ]
      : [],
};

const lifetime: EnvironmentRule = {
  id: "connection-lifetime",
  severity: "error",
  impossible: true,
  title: "The responder refuses the lifetime of connections",
  reason:
    "A login lasts from a second to a day: a token cannot be taken back while its connection lives. The responder does not start with another lifetime, and then nobody gets in.",
  fix: "use a maxLifetime of 24h at most; 1h is the default",
  check: ({ topology }) => {
    const { maxLifetimeMs } = topology.identity;
    return maxLifetimeMs < 1000 || maxLifetimeMs > 24 * 3600e3
      ? [{ at: pathText("identity", "maxLifetime"), message: `a login lasts ${duration(maxLifetimeMs)}` }]
      : [];
  },
};

export const calloutRules: readonly EnvironmentRule[] = [responders, timeout, lifetime];
