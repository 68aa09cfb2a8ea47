import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { awsLimits } from "../common/aws-limits";
import { BACKLOG_NAMESPACE, backlogDimensions } from "./contract";
import type { Datum } from "./decide";

/** Requests of the program to AWS. */
export interface Aws {
  /** Tasks that ECS wants of each service; those that it does not know are left out. */
  tasks(services: readonly string[]): Promise<Map<string, number>>;
  publish(data: readonly Datum[]): Promise<void>;
}

export interface AwsProps {
  environment: string;
  cluster: string;
  ecsCluster: string;
}

/** ECS takes ten services in one question, CloudWatch a thousand values in one request. */
const servicesAtOnce = 10;
const dataAtOnce = 500;

const parts = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

export function connectAws({ environment, cluster, ecsCluster }: AwsProps): Aws {
  const ecs = new ECSClient(awsLimits());
  const cloudWatch = new CloudWatchClient(awsLimits());
  return {
    async tasks(services) {
      const found = new Map<string, number>();
      for (const some of parts(services, servicesAtOnce)) {
        const answer = await ecs.send(new DescribeServicesCommand({ cluster: ecsCluster, services: some }));
        for (const { serviceName = "", status, desiredCount } of answer.services ?? [])
          if (status === "ACTIVE" && desiredCount !== undefined) found.set(serviceName, desiredCount);
      }
      return found;
    },

    async publish(data) {
      const Timestamp = new Date();
      const MetricData = data.map(({ service, metric, value }) => ({
        MetricName: metric,
        Value: value,
        Unit: "Count" as const,
        Timestamp,
        Dimensions: Object.entries(backlogDimensions(environment, cluster, service)).map(([Name, Value]) => ({
          Name,
          Value,
        })),
      }));
      for (const some of parts(MetricData, dataAtOnce))
        await cloudWatch.send(new PutMetricDataCommand({ Namespace: BACKLOG_NAMESPACE, MetricData: some }));
    },
  };
}
