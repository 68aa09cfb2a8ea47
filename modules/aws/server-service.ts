import { EcsService } from "@cdktf/provider-aws/lib/ecs-service";
import { ServiceDiscoveryService } from "@cdktf/provider-aws/lib/service-discovery-service";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { runsWhatIsWanted } from "./rolled-back";
import { ServerTask, type ServerTaskProps } from "./server-task";

export interface ServerServiceProps {
  /** ECS service of the server. */
  name: string;
  /** Name in the namespace, which routes dial. */
  host: string;
  namespaceId: string;
  ecsClusterArn: string;
  subnetId: string;
  securityGroupId: string;
  publicAddress: boolean;
  task: ServerTaskProps;
  /** Resources that must exist first: the server's configuration, and the server that is replaced before this one. */
  after: ITerraformDependable[];
}

/**
 * One server: an ECS service of its own. JetStream knows its peers by name, so a server is never one of several alike
 * tasks; and with a service for each, one can be replaced at a time.
 */
export class ServerService extends Construct {
  readonly service: EcsService;

  constructor(scope: Construct, id: string, props: ServerServiceProps) {
    super(scope, id);
    const { definition } = new ServerTask(this, "task", props.task);
    const discovery = new ServiceDiscoveryService(this, "discovery", {
      name: props.host.split(".")[0] ?? props.host,
      // ECS takes its addresses out with the task, but not always before Terraform deletes the service.
      forceDestroy: true,
      dnsConfig: {
        namespaceId: props.namespaceId,
        routingPolicy: "MULTIVALUE",
        dnsRecords: [{ type: "A", ttl: 10 }],
      },
      healthCheckCustomConfig: { failureThreshold: 1 },
    });
    this.service = new EcsService(this, "service", {
      name: props.name,
      cluster: props.ecsClusterArn,
      taskDefinition: definition.arn,
      launchType: "FARGATE",
      desiredCount: 1,
      // The old server stops before the new one starts: JetStream cannot have two of one name.
      deploymentMinimumHealthyPercent: 0,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      waitForSteadyState: true,
      lifecycle: { postcondition: [runsWhatIsWanted(props.name, definition.arn)] },
      propagateTags: "SERVICE",
      enableEcsManagedTags: true,
      networkConfiguration: {
        subnets: [props.subnetId],
        securityGroups: [props.securityGroupId],
        assignPublicIp: props.publicAddress,
      },
      serviceRegistries: { registryArn: discovery.arn },
      dependsOn: props.after,
      timeouts: { create: "30m", update: "30m", delete: "30m" },
    });
  }
}
