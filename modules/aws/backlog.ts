import { Construct } from "constructs";
import { awsClusterNames, backlogPort, backlogService, type EcsCluster } from "../../model/topology";
import { BACKLOG_NAMESPACE } from "../../runtime/backlog/contract";
import { backlogEnvironment } from "../../templates/backlog-environment";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import { role } from "./policy";
import { connectionOf, keySource } from "./program-connection";
import { ProgramTask, type SecretVariable } from "./program-task";
import { scaledService } from "./scaled-service";

export interface BacklogProps {
  context: StackContext;
  cluster: EcsCluster;
  account: string;
  image: string;
  lookups: Lookups;
  securityGroupId: string;
}

const program = "backlog";
const isHealthy = `fetch("http://127.0.0.1:${backlogPort}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

/**
 * What counts the messages that wait for services of one account. It is always there, also while a service has no task; and
 * while it is away nothing is published, which leaves every service with as many tasks as it has.
 */
export class Backlog extends Construct {
  constructor(scope: Construct, id: string, props: BacklogProps) {
    super(scope, id);
    const { context, cluster, account, image, lookups, securityGroupId } = props;
    const { environment, topology, trust } = context;
    const names = awsClusterNames(environment.name, cluster.name);
    const name = names.program(`${program}-${account.toLowerCase()}`);
    const { servers, authorities } = connectionOf(context, cluster, "responder", lookups);
    const own = cluster.backlogs.filter((one) => one.account === account);
    const task = new ProgramTask(this, "task", {
      name,
      program,
      image,
      logName: `${cluster.name}-${program}`,
      lookups,
      ...backlogEnvironment<SecretVariable>(topology, trust, {
        cluster,
        account,
        servers,
        authorities,
        login: keySource(context, cluster, lookups, `user-service-${backlogService(cluster.name, account)}`),
        http: { port: backlogPort },
        ecs: { cluster: lookups.names.ecsCluster, service: names.program },
      }),
      role: role(this, "task-role", {
        name,
        description: `Counts what waits for services of ${cluster.name} in ${account}`,
        service: "ecs-tasks.amazonaws.com",
        accountId: lookups.accountId,
        statements: [
          {
            Action: "ecs:DescribeServices",
            Resource: own.map(({ service }) => lookups.ecsServiceArn(names.program(service))),
          },
          // AWS has no resource level here but the namespace.
          {
            Action: "cloudwatch:PutMetricData",
            Resource: "*",
            Condition: { StringEquals: { "cloudwatch:namespace": BACKLOG_NAMESPACE } },
          },
        ],
      }),
      cpu: 256,
      memoryMiB: 512,
      healthCheck: { command: ["CMD", "node", "-e", isHealthy], interval: 30, timeout: 5, retries: 3, startPeriod: 30 },
    });
    scaledService(this, { name, task, lookups, securityGroupId, zones: cluster.platform.zones, least: 1 });
  }
}
