/** CloudWatch namespace of the metrics; their one dimension is the client record's name. */
export const DNS_SYNC_NAMESPACE = "natsform/dns-sync";
export const DNS_SYNC_DIMENSION = "RecordName";

/** Metrics of each invocation. Closed: alarms and dashboards name them. */
export const DNS_SYNC_METRICS = {
  /** Addresses of healthy servers; nothing is reported when they could not be read. */
  HealthyServers: "Count",
  /** 1 when the record was written. */
  RecordChanges: "Count",
  /** 1 when the record was left alone because it is not ours. */
  OwnershipRefusals: "Count",
  /** 1 when the invocation failed, and left the record as it was. */
  Failures: "Count",
  /** Requests that AWS or the network refused and that were sent again. */
  Retries: "Count",
  /** Seconds since 1970, reported by each success: when it is missing, the record may be stale. */
  LastSuccess: "Seconds",
} as const;
export type DnsSyncMetric = keyof typeof DNS_SYNC_METRICS;

export type DnsSyncActionName =
  | "ecs:ListTasks"
  | "ecs:DescribeTasks"
  | "ec2:DescribeNetworkInterfaces"
  | "route53:ListResourceRecordSets"
  | "route53:ChangeResourceRecordSets";

/** One action that the program calls, and its limits. */
export interface DnsSyncAction {
  action: DnsSyncActionName;
  on: "any" | "tasks" | "hosted-zone";
  condition?: "ecs-cluster" | "client-record";
  /** Reason why AWS offers nothing narrower, where `on` is any. */
  why?: string;
}

/** All actions that the program calls: none is missing, and it fails without any of them. */
export const DNS_SYNC_ACTIONS: readonly DnsSyncAction[] = [
  {
    action: "ecs:ListTasks",
    on: "any",
    condition: "ecs-cluster",
    why: "its only resource is a container instance, which Fargate does not have; the condition names the cluster",
  },
  { action: "ecs:DescribeTasks", on: "tasks", condition: "ecs-cluster" },
  { action: "ec2:DescribeNetworkInterfaces", on: "any", why: "it knows no resources; it only reads" },
  { action: "route53:ListResourceRecordSets", on: "hosted-zone" },
  { action: "route53:ChangeResourceRecordSets", on: "hosted-zone", condition: "client-record" },
];

/** Resources that the actions are limited to. */
export interface DnsSyncScope {
  ecsClusterArn: string;
  /** `arn:aws:ecs:<region>:<account>:task/<ecsCluster>/*`. */
  tasksArn: string;
  /** `arn:aws:route53:::hostedzone/<id>`. */
  hostedZoneArn: string;
  /** As in `RECORD_NAME`. */
  recordName: string;
  /** As in `WHEN_EMPTY`. */
  whenEmpty: "keep" | "delete";
}

export interface PolicyStatement {
  Effect: "Allow";
  Action: string;
  Resource: string;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Statements of the function's policy, one for each action; without those for a log group and a dead-letter queue. */
export function dnsSyncStatements(scope: DnsSyncScope): PolicyStatement[] {
  const resources = { any: "*", tasks: scope.tasksArn, "hosted-zone": scope.hostedZoneArn };
  const conditions = {
    "ecs-cluster": { ArnEquals: { "ecs:cluster": scope.ecsClusterArn } },
    // Even a broken program cannot touch another record of the zone, nor delete this one unless that was asked for.
    "client-record": {
      "ForAllValues:StringEquals": {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": [scope.recordName.toLowerCase()],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
        "route53:ChangeResourceRecordSetsActions": scope.whenEmpty === "delete" ? ["UPSERT", "DELETE"] : ["UPSERT"],
      },
    },
  };
  return DNS_SYNC_ACTIONS.map(({ action, on, condition }) => ({
    Effect: "Allow",
    Action: action,
    Resource: resources[on],
    ...(condition && { Condition: conditions[condition] }),
  }));
}
