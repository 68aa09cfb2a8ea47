import { Construct } from "constructs";
import type { EcsCluster, HttpGatewayTopology } from "../../model/topology";
import { awsClusterNames, httpGatewayHost, httpGatewayRun } from "../../model/topology";
import { httpGatewayEnvironment } from "../../templates/http-gateway-environment";
import type { StackContext } from "./context";
import { HttpGatewayBalancer } from "./http-gateway-balancer";
import { HttpGatewaySecurity } from "./http-gateway-security";
import type { Lookups } from "./lookups";
import { connectionOf, keySource } from "./program-connection";
import { programImage } from "./program-image";
import { ProgramTask, type SecretVariable } from "./program-task";
import { scaledService } from "./scaled-service";

export interface HttpGatewayProps {
  context: StackContext;
  cluster: EcsCluster;
  gateway: HttpGatewayTopology;
  lookups: Lookups;
}

const program = "http-gateway";
const { ports, least, most, drainSeconds, stopSeconds } = httpGatewayRun;
const isHealthy = `fetch("http://127.0.0.1:${ports.admin}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

/** The HTTP gateway of a cluster: at least two tasks over the zones, behind a balancer with a name of its own. */
export class HttpGateway extends Construct {
  constructor(scope: Construct, id: string, { context, cluster, gateway, lookups }: HttpGatewayProps) {
    super(scope, id);
    const { environment, topology, trust, settings } = context;
    const { platform } = cluster;
    const name = awsClusterNames(environment.name, cluster.name).program(program);
    const isInternal = platform.access === "vpc";
    const { id: vpcId, cidrBlock: vpcRange } = lookups.vpc;
    const callers = isInternal ? vpcRange : "0.0.0.0/0";
    const security = new HttpGatewaySecurity(this, "security", { name, vpcId, vpcRange, callers, gateway: ports });
    const balancer = new HttpGatewayBalancer(this, "front", {
      name,
      hostname: httpGatewayHost(cluster) ?? "",
      zoneId: lookups.zoneId,
      vpcId,
      subnets: lookups.subnets(isInternal ? "private" : "public", platform.zones),
      securityGroupId: security.balancerId,
      isInternal,
      idleSeconds: Math.ceil(gateway.balancerIdleMs / 1000),
      deletionProtection: environment.deletionProtection,
      webAcl: gateway.webAcl,
      ports,
    });
    const { servers, authorities } = connectionOf(context, cluster, "responder", lookups);
    const task = new ProgramTask(this, "task", {
      name,
      program,
      image: programImage(this, "image", lookups, settings, program),
      logName: `${cluster.name}-${program}`,
      lookups,
      ...httpGatewayEnvironment<SecretVariable>(topology, trust, {
        cluster,
        servers,
        authorities,
        login: keySource(context, cluster, lookups, `user-service-${gateway.service}`),
        http: { port: ports.callers, adminPort: ports.admin },
        proxies: gateway.proxies,
        drainSeconds,
      }),
      cpu: 512,
      memoryMiB: 1024,
      containerPorts: Object.values(ports),
      stopTimeout: stopSeconds,
      healthCheck: { command: ["CMD", "node", "-e", isHealthy], interval: 10, timeout: 5, retries: 3, startPeriod: 30 },
    });
    scaledService(this, {
      name,
      task,
      lookups,
      securityGroupId: security.tasksId,
      zones: platform.zones,
      least,
      scale: { most, cpu: 50 },
      healthCheckGracePeriodSeconds: 60,
      loadBalancer: [
        { targetGroupArn: balancer.targetGroup.arn, containerName: program, containerPort: ports.callers },
      ],
      dependsOn: [balancer.listener],
    });
  }
}
