import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target";
import { EcsService, type EcsServiceConfig } from "@cdktf/provider-aws/lib/ecs-service";
import type { Construct } from "constructs";
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
  scale?: { most: number; cpu: number };
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
  return service;
}
