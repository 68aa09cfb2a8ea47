import { type Rule, toRule } from "./alert";
import { calloutAlerts } from "./alerts-callout";
import { jetstreamAlerts } from "./alerts-jetstream";
import { jobAlerts } from "./alerts-jobs";
import { leafAlerts, serverAlerts } from "./alerts-servers";
import type { MonitoringTargets } from "./monitoring-targets";

export interface RuleGroup {
  name: string;
  rules: Rule[];
}

/** All alerts, in groups that Prometheus evaluates each by itself. */
export function ruleGroups(targets: MonitoringTargets): RuleGroup[] {
  const groups = {
    servers: serverAlerts(targets),
    jetstream: targets.jetstream ? jetstreamAlerts(targets) : [],
    "leaf-nodes": leafAlerts(targets),
    "auth-callout": calloutAlerts(targets),
    jobs: jobAlerts(targets),
  };
  return Object.entries(groups)
    .filter(([, alerts]) => alerts.length > 0)
    .map(([name, alerts]) => ({
      name: `nats-${targets.environment}-${targets.cluster}-${name}`,
      rules: alerts.map((alert) => toRule(targets, alert)),
    }));
}
