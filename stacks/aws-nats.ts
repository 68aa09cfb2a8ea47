import { type App, TerraformOutput, TerraformStack } from "cdktf";
import type { EcsCluster } from "../model/topology";
import { awsClusterNames, ports } from "../model/topology";
import { ClientRecord } from "../modules/aws/client-record";
import type { StackContext } from "../modules/aws/context";
import { dashboard } from "../modules/aws/dashboard";
import { DnsSync } from "../modules/aws/dns-sync";
import { Lookups } from "../modules/aws/lookups";
import { managedCertificates } from "../modules/aws/managed-certificates";
import { addAwsProvider } from "../modules/aws/provider";
import { ServerAlarms } from "../modules/aws/server-alarms";
import { Servers } from "../modules/aws/servers";
import { addBackend } from "../modules/terraform/backend";

/** The servers of a cluster, and the name under which clients find them. */
export class AwsNatsStack extends TerraformStack {
  constructor(app: App, context: StackContext, cluster: EcsCluster) {
    const { environment, settings } = context;
    const { platform, servers } = cluster;
    const names = awsClusterNames(environment.name, cluster.name);
    super(app, names.natsStack);
    addBackend(this, environment, settings);
    addAwsProvider(this, platform.region, context);
    const lookups = new Lookups(this, "found", environment.name, cluster);
    new Servers(this, "servers", { context, cluster, lookups });

    const recordName = cluster.certificates.find(({ id }) => id === "public")?.names[0];
    if (recordName) this.clients(context, cluster, lookups, recordName);
    dashboard(this, "dashboard", {
      prefix: names.prefix,
      region: platform.region,
      recordName,
      ecsCluster: lookups.names.ecsCluster,
      services: servers.map(({ name }) => names.service(name)),
      certificates: managedCertificates(environment.name, cluster),
    });
    const output = (id: string, description: string, value: unknown) =>
      new TerraformOutput(this, id, { description, value, staticId: true });
    output(
      "internal-urls",
      "For programs in the VPC",
      servers.map(({ host }) => `tls://${host}:${ports.client}`),
    );
    if (!recordName) return;
    output("client-url", "For clients", `tls://${recordName}:${ports.client}`);
    if (cluster.websocket) output("websocket-url", "For browsers", `wss://${recordName}`);
  }

  /** The client record, and the program that keeps it up to date. */
  private clients(context: StackContext, cluster: EcsCluster, lookups: Lookups, recordName: string): void {
    const { environment, settings } = context;
    const { dnsTtlSeconds: ttlSeconds, alarmTopicArn: topicArn } = cluster.platform;
    const { prefix, recordOwner: owner } = awsClusterNames(environment.name, cluster.name);
    new ClientRecord(this, "client", { zoneId: lookups.zoneId, name: recordName, owner, ttlSeconds });
    const { program: dnsSync } = new DnsSync(this, "dns-sync", {
      environment: environment.name,
      cluster,
      recordName,
      root: settings.root,
      lookups,
    });
    new ServerAlarms(this, "alarms", { prefix, recordName, servers: cluster.servers.length, dnsSync, topicArn });
  }
}
