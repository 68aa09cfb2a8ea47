import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { EcsService, type EcsServiceConfig } from "@cdktf/provider-aws/lib/ecs-service";
import type { Construct } from "constructs";
import { BACKLOG_METRICS, BACKLOG_NAMESPACE } from "../../runtime/backlog/contract";
import type { Lookups } from "./lookups";
import type { ProgramTask } from "./program-task";
import { runsWhatIsWanted } from "./rolled-back";

export interface ScaledServiceProps
  extends Pick<EcsServiceConfig, "loadBalancer" | "healthCheckGracePeriodSeconds" | "dependsOn"> {
  name: string;
  task: ProgramTask;
  lookups: Lookups;
  securityGroupId: string;
  zones: readonly string[];
  /** Tasks when there is little to do. */
  least: number;
  /** The most, and the load of the CPU, in percent, that tasks come and go for. Without it there are always as many. */
  scale?: { most: number; cpu: number; backlog?: BacklogScale };
}

/** Messages that may wait for each task, and the dimensions under which they are counted. */
export interface BacklogScale {
  perProcess: number;
  dimensions: Record<string, string>;
}

/** The service of a program in `scope`: over the zones, one task after another replaced, and more while there is more to do. */
export function scaledService(scope: Construct, props: ScaledServiceProps): EcsService {
  const { name, task, lookups, securityGroupId, zones, least, scale, dependsOn = [], ...balanced } = props;
  const service = new EcsService(scope, "service", {
    name,
    cluster: lookups.ecsCluster.arn,
    taskDefinition: task.definition.arn,
    launchType: "FARGATE",
    desiredCount: least,
    deploymentMinimumHealthyPercent: 100,
    deploymentMaximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback: true },
    availabilityZoneRebalancing: "ENABLED",
    waitForSteadyState: true,
    propagateTags: "SERVICE",
    enableEcsManagedTags: true,
    ...balanced,
    networkConfiguration: {
      subnets: lookups.subnets("private", zones),
      securityGroups: [securityGroupId],
      assignPublicIp: false,
    },
    // The autoscaling's.
    lifecycle: {
      ...(scale && { ignoreChanges: ["desired_count"] }),
      postcondition: [runsWhatIsWanted(name, task.definition.arn)],
    },
    dependsOn: [...task.permissions, ...dependsOn],
  });
  if (!scale) return service;
  const target = new AppautoscalingTarget(scope, "scaling", {
    serviceNamespace: "ecs",
    scalableDimension: "ecs:service:DesiredCount",
    resourceId: `service/${lookups.names.ecsCluster}/${service.name}`,
    minCapacity: least,
    maxCapacity: scale.most,
  });
  new AppautoscalingPolicy(scope, "scaling-policy", {
    name: `${name}-cpu`,
    policyType: "TargetTrackingScaling",
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      targetValue: scale.cpu,
      scaleOutCooldown: 30,
      scaleInCooldown: 600,
    },
  });
  if (scale.backlog) scaledByBacklog(scope, name, target, least, scale.backlog);
  return service;
}

/**
 * More tasks while more waits for them. Both policies must want fewer before there are fewer, and none of them does where its
 * metric is missing.
 */
function scaledByBacklog(
  scope: Construct,
  name: string,
  { serviceNamespace, scalableDimension, resourceId }: AppautoscalingTarget,
  least: number,
  { perProcess, dimensions }: BacklogScale,
): void {
  const own = { serviceNamespace, scalableDimension, resourceId };
  new AppautoscalingPolicy(scope, "scaling-policy-backlog", {
    name: `${name}-backlog`,
    policyType: "TargetTrackingScaling",
    ...own,
    targetTrackingScalingPolicyConfiguration: {
      customizedMetricSpecification: {
        namespace: BACKLOG_NAMESPACE,
        metricName: BACKLOG_METRICS.perTask,
        statistic: "Average",
        unit: "Count",
        dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
      },
      targetValue: perProcess,
      scaleOutCooldown: 60,
      scaleInCooldown: 600,
    },
  });
  if (least > 0) return;
  // A target is tracked by multiplying what there is, and of nothing that is nothing.
  const first = new AppautoscalingPolicy(scope, "scaling-policy-first", {
    name: `${name}-first`,
    policyType: "StepScaling",
    ...own,
    stepScalingPolicyConfiguration: {
      adjustmentType: "ExactCapacity",
      metricAggregationType: "Maximum",
      cooldown: 60,
      stepAdjustment: [{ metricIntervalLowerBound: "0", scalingAdjustment: 1 }],
    },
  });
  new CloudwatchMetricAlarm(scope, "first-alarm", {
    alarmName: `${name}-first`,
    alarmDescription: "Messages wait and there is no task: the first one is started.",
    namespace: BACKLOG_NAMESPACE,
    metricName: BACKLOG_METRICS.withoutTask,
    dimensions,
    statistic: "Maximum",
    unit: "Count",
    period: 60,
    evaluationPeriods: 1,
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    treatMissingData: "missing",
    alarmActions: [first.arn],
  });
}
