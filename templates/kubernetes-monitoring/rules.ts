import { type Rule, toRule } from "./alert";
import { calloutAlerts } from "./alerts-callout";
import { jetstreamAlerts } from "./alerts-jetstream";
import { jobAlerts } from "./alerts-jobs";
import { leafAlerts, serverAlerts } from "./alerts-servers";
import type { Watched } from "./watched";

export interface RuleGroup {
  name: string;
  rules: Rule[];
}

/** What wakes somebody, in groups that Prometheus evaluates each by itself. */
export function ruleGroups(watched: Watched): RuleGroup[] {
  const groups = {
    servers: serverAlerts(watched),
    jetstream: watched.jetstream ? jetstreamAlerts(watched) : [],
    "leaf-nodes": leafAlerts(watched),
    "auth-callout": calloutAlerts(watched),
    jobs: jobAlerts(watched),
  };
  return Object.entries(groups)
    .filter(([, alerts]) => alerts.length > 0)
    .map(([name, alerts]) => ({
      name: `nats-${watched.environment}-${watched.cluster}-${name}`,
      rules: alerts.map((alert) => toRule(watched, alert)),
    }));
}
