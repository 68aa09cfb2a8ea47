import { platformModel } from "../topology";
import { type EnvironmentRule, pathText } from "./context";

/** Checks that a platform waits long enough for lame duck mode. */

/** Time that nats-server needs after the last client was moved: it closes its stores. */
const closingSeconds = 10;

const lameDuck: EnvironmentRule = {
  id: "lame-duck-cut-short",
  severity: "error",
  title: "The platform kills servers before lame duck mode ends",
  reason:
    "Lame duck mode moves clients away for 30 seconds, of which it leaves them alone for 10, and then the server closes its stores. A SIGKILL within that time is a crash: a gap of 5 seconds and more instead of some milliseconds (argo-events#3959).",
  fix: "give servers 40 seconds or more",
  check: ({ topology }) =>
    topology.clusters.flatMap(({ name, platform }) => {
      const stop = platformModel(platform).stopTime(platform);
      const needed = topology.nats.lameDuck.durationMs / 1000 + closingSeconds;
      return stop && stop.seconds < needed
        ? [
            {
              at: pathText("clusters", name, "platform", stop.setting),
              message: `servers are killed after ${stop.seconds} seconds; lame duck mode and shutdown take up to ${needed}`,
            },
          ]
        : [];
    }),
};

export const shutdownRules: readonly EnvironmentRule[] = [lameDuck];
