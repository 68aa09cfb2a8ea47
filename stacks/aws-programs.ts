import { type App, TerraformOutput, TerraformStack } from "cdktf";
import type { EcsCluster } from "../model/topology";
import { awsClusterNames, backlogAccounts, streamAccounts } from "../model/topology";
import { AuthCallout } from "../modules/aws/auth-callout";
import { Backlog } from "../modules/aws/backlog";
import { AccountBackup } from "../modules/aws/backup";
import { CalloutAlarms } from "../modules/aws/callout-alarms";
import { CodeChanges } from "../modules/aws/code-changes";
import type { StackContext } from "../modules/aws/context";
import { FleetService } from "../modules/aws/fleet-service";
import { HttpGateway } from "../modules/aws/http-gateway";
import { Lookups } from "../modules/aws/lookups";
import { programImage } from "../modules/aws/program-image";
import { programSecurityGroup } from "../modules/aws/program-security-group";
import { addAwsProvider } from "../modules/aws/provider";
import { StreamsTask } from "../modules/aws/streams-task";
import { addBackend } from "../modules/terraform/backend";

/** The programs of a cluster: responders of the auth callout, HTTP gateway, streams, and backups. */
export class AwsProgramsStack extends TerraformStack {
  constructor(app: App, context: StackContext, cluster: EcsCluster) {
    const { environment, topology, settings } = context;
    const names = awsClusterNames(environment.name, cluster.name);
    super(app, names.programsStack);
    addBackend(this, environment, settings);
    addAwsProvider(this, cluster.platform.region, context);
    const lookups = new Lookups(this, "found", environment.name, cluster);
    const { id: vpcId, cidrBlock: vpcRange } = lookups.vpc;
    const name = `${names.prefix}-programs`;
    const securityGroupId = programSecurityGroup(this, "security-group", { name, vpcId, vpcRange });
    const callout = new AuthCallout(this, "auth-callout", { context, cluster, lookups, securityGroupId });
    new CalloutAlarms(this, "alarms", {
      prefix: names.prefix,
      logGroup: lookups.names.logGroup(`${cluster.name}-auth-callout`),
      topicArn: cluster.platform.alarmTopicArn,
    });
    new TerraformOutput(this, "auth-callout-service", { value: callout.service.name, staticId: true });
    const { deployRoleArns } = cluster.platform;
    if (deployRoleArns)
      new CodeChanges(this, "code-changes", {
        prefix: names.prefix,
        cluster: cluster.name,
        deployRoleArns,
        retentionDays: environment.logRetentionDays,
        lookups,
        topicArn: cluster.platform.alarmTopicArn,
      });

    const output = (id: string, description: string, tasks: string[][]) =>
      new TerraformOutput(this, id, {
        description,
        staticId: true,
        value: {
          taskDefinitions: Object.fromEntries(tasks),
          ecsCluster: lookups.names.ecsCluster,
          subnets: lookups.subnets("private", cluster.platform.zones),
          securityGroups: [securityGroupId],
        },
      });

    const { backup, httpGateway } = cluster;
    if (httpGateway) new HttpGateway(this, "http-gateway", { context, cluster, gateway: httpGateway, lookups });
    this.#addFleet(context, cluster, lookups);
    const counted = backlogAccounts(cluster.backlogs);
    if (counted.length > 0) {
      const image = programImage(this, "backlog-image", lookups, settings, "backlog");
      for (const account of counted)
        new Backlog(this, `backlog-of-${account}`, { context, cluster, account, image, lookups, securityGroupId });
    }
    if (backup) {
      const image = programImage(this, "backup-image", lookups, settings, "backup");
      const withStreams = topology.identity.accounts.filter(({ jetstream }) => jetstream);
      const tasks = withStreams.map(({ name: account }) => {
        const props = { context, cluster, backup, account, image, lookups, securityGroupId };
        return [account, new AccountBackup(this, `backup-${account}`, props).taskDefinitionArn];
      });
      output("backup-tasks", "Tasks that back up, or restore with another command, and where", tasks);
    }

    const accounts = streamAccounts(topology, cluster.name);
    if (accounts.length === 0) return;
    const image = programImage(this, "streams-image", lookups, settings, "streams");
    const tasks = accounts.map((account) => {
      const props = { context, cluster, account, image, lookups };
      return [account, new StreamsTask(this, `streams-${account}`, props).task.definition.arn];
    });
    output("streams-tasks", "Tasks that natsform deploy runs after an apply, and where", tasks);
  }

  /** Services of the environment, in a security group of their own: what else they reach is yours to add. */
  #addFleet(context: StackContext, cluster: EcsCluster, lookups: Lookups): void {
    const { fleet, name } = cluster;
    if (fleet.length === 0) return;
    const { environment, settings } = context;
    const { id: vpcId, cidrBlock: vpcRange } = lookups.vpc;
    const group = `${awsClusterNames(environment.name, name).prefix}-services`;
    const securityGroupId = programSecurityGroup(this, "services-security-group", { name: group, vpcId, vpcRange });
    new TerraformOutput(this, "services-security-group-id", { value: securityGroupId, staticId: true });
    const secretsImage = programImage(this, "services-secrets-image", lookups, settings, "auth-callout");
    const roles = fleet.map((service) => {
      const props = { context, cluster, service, lookups, securityGroupId, secretsImage };
      return [service.name, new FleetService(this, `service-${service.name}`, props).roleName];
    });
    new TerraformOutput(this, "services-task-roles", {
      description: "Roles of the tasks of services: what they may do in AWS is added to them",
      staticId: true,
      value: Object.fromEntries(roles),
    });
  }
}
