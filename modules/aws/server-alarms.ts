import { Construct } from "constructs";
import { DNS_SYNC_DIMENSION, DNS_SYNC_NAMESPACE, type DnsSyncMetric } from "../../runtime/dns-sync/env";
import { type AlarmProps, alarm } from "./alarm";
import type { LambdaProgram } from "./lambda-program";

export interface ServerAlarmsProps {
  prefix: string;
  recordName: string;
  servers: number;
  dnsSync: LambdaProgram;
  topicArn?: string;
}

/** Alarms when too few servers are healthy, or when the client record is not kept up to date. */
export class ServerAlarms extends Construct {
  constructor(scope: Construct, id: string, { prefix, recordName, servers, dnsSync, topicArn }: ServerAlarmsProps) {
    super(scope, id);
    const quorum = Math.floor(servers / 2) + 1;
    const ofSync = (metric: DnsSyncMetric) => ({
      namespace: DNS_SYNC_NAMESPACE,
      metric,
      dimensions: { [DNS_SYNC_DIMENSION]: recordName },
      topicArn,
      periodSeconds: 60,
    });
    const alarms: (AlarmProps & { id: string })[] = [
      {
        id: "below-quorum",
        name: `${prefix}-servers-below-quorum`,
        description: `Fewer than ${quorum} of ${servers} servers are healthy: streams take no writes. docs/runbooks/server-does-not-come-back.md`,
        ...ofSync("HealthyServers"),
        statistic: "Maximum",
        periods: 3,
        comparison: "below",
        threshold: quorum,
        missing: "breaching",
      },
      {
        id: "record-stale",
        name: `${prefix}-client-record-stale`,
        description: `dns-sync has not succeeded for five minutes: ${recordName} may list servers that are gone`,
        ...ofSync("LastSuccess"),
        statistic: "SampleCount",
        periodSeconds: 300,
        periods: 1,
        comparison: "below",
        threshold: 1,
        missing: "breaching",
      },
      {
        id: "record-not-ours",
        name: `${prefix}-client-record-not-ours`,
        description: `The TXT record beside ${recordName} names another owner, so dns-sync leaves the record alone`,
        ...ofSync("OwnershipRefusals"),
        statistic: "Sum",
        periods: 1,
        comparison: "above",
        threshold: 0,
        missing: "notBreaching",
      },
      {
        id: "dns-sync-errors",
        name: `${prefix}-dns-sync-errors`,
        description: "dns-sync fails: its log group says why; the record stays as it was",
        namespace: "AWS/Lambda",
        metric: "Errors",
        dimensions: { FunctionName: dnsSync.function.functionName },
        statistic: "Sum",
        periodSeconds: 60,
        periods: 3,
        comparison: "above",
        threshold: 0,
        missing: "notBreaching",
        topicArn,
      },
    ];
    for (const { id, ...props } of alarms) alarm(this, id, props);
    deadLetterAlarm(this, prefix, "dns-sync", dnsSync, topicArn);
  }
}

/** Events that a program failed to process. */
export function deadLetterAlarm(
  scope: Construct,
  prefix: string,
  program: string,
  { deadLetters }: LambdaProgram,
  topicArn?: string,
): void {
  alarm(scope, "dead-letters", {
    name: `${prefix}-${program}-dead-letters`,
    description: `${program} failed on an event three times; the event is in ${prefix}-${program}-dead-letters`,
    namespace: "AWS/SQS",
    metric: "ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: deadLetters.name },
    statistic: "Maximum",
    periodSeconds: 300,
    periods: 1,
    comparison: "above",
    threshold: 0,
    missing: "notBreaching",
    topicArn,
  });
}
