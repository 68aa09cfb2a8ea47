import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { EcsCluster as AwsEcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster";
import { ServiceDiscoveryPrivateDnsNamespace } from "@cdktf/provider-aws/lib/service-discovery-private-dns-namespace";
import { type App, TerraformOutput, TerraformStack } from "cdktf";
import {
  awsClusterNames,
  awsNames,
  clustersInRegion,
  comesAndGoes,
  internalDomain,
  isBuilt,
  isOnEcs,
  programModel,
  programsIn,
  secretsInStore,
} from "../model/topology";
import { ConfigBucket } from "../modules/aws/config-bucket";
import { partitionOf, type StackContext } from "../modules/aws/context";
import { DataFileSystem } from "../modules/aws/data-file-system";
import { emptySecret } from "../modules/aws/empty-secret";
import { EncryptionKey } from "../modules/aws/encryption-key";
import { addAwsProvider } from "../modules/aws/provider";
import { regionNetwork } from "../modules/aws/region-network";
import { Repository } from "../modules/aws/repositories";
import { Zone } from "../modules/aws/zone";
import { addBackend } from "../modules/terraform/backend";

/** Resources that outlive every rebuild of a cluster: network, zones, keys, secrets, images and configurations. */
export class AwsFoundationStack extends TerraformStack {
  constructor(app: App, context: StackContext, region: string) {
    const { environment, topology, trust, settings } = context;
    const names = awsNames(environment.name, region);
    super(app, names.foundationStack);
    addBackend(this, environment, settings);
    addAwsProvider(this, region, context);
    const { deletionProtection } = environment;
    const clusters = topology.clusters.filter(isOnEcs).filter(({ platform }) => platform.region === region);
    const { accountId } = new DataAwsCallerIdentity(this, "account", {});

    const { key } = new EncryptionKey(this, "encryption", {
      alias: names.kmsAlias,
      environment: environment.name,
      partition: partitionOf(region),
      region,
      accountId,
      logGroupPrefix: names.logGroup(""),
    });
    const vpc = regionNetwork(this, { name: names.vpc, environment, clusters, kmsKeyArn: key.arn, accountId });
    for (const { name, platform } of clusters.filter(({ platform }) => platform.storage === "efs")) {
      const subnetIds = platform.zones.map((zone) => vpc.subnetId(zone));
      const own = { partition: partitionOf(region), region, accountId };
      const props = { kmsKeyArn: key.arn, ...own, vpcId: vpc.id, vpcRange: vpc.range, subnetIds };
      new DataFileSystem(this, `data-${name}`, { name: awsClusterNames(environment.name, name).prefix, ...props });
    }

    for (const { platform } of distinct(clusters, ({ platform }) => platform.domain)) {
      const { domain, parentDomain, hostedZoneId } = platform;
      if (!hostedZoneId) {
        const id = domain.replaceAll(".", "-");
        const props = { domain, parentDomain, environment: environment.name, deletionProtection };
        const { zone } = new Zone(this, `zone-${id}`, props);
        new TerraformOutput(this, `name-servers-${id}`, {
          description: `Servers that the parent zone has to delegate ${domain} to`,
          value: zone.nameServers,
          staticId: true,
        });
      }
      const name = internalDomain(environment.name, platform);
      new ServiceDiscoveryPrivateDnsNamespace(this, `namespace-${name.replaceAll(".", "-")}`, { name, vpc: vpc.id });
    }

    const servers = clusters.flatMap((cluster) => cluster.servers.map(({ name }) => name));
    const programs = clusters.flatMap((cluster) =>
      programsIn(topology, [cluster])
        .filter((program) => programModel(program).ownLog)
        .map((program) => `${cluster.name}-${program}`),
    );
    for (const of of [...servers, ...programs]) {
      new CloudwatchLogGroup(this, `log-${of}`, {
        name: names.logGroup(of),
        retentionInDays: environment.logRetentionDays,
        kmsKeyId: key.arn,
      });
    }

    new AwsEcsCluster(this, "ecs-cluster", {
      name: names.ecsCluster,
      setting: [{ name: "containerInsights", value: "enabled" }],
    });
    const images = programsIn(topology, clusters).filter((name) => programModel(name).runs.aws === "image");
    for (const image of images) {
      new Repository(this, `repository-${image}`, {
        name: names.repository(image),
        kmsKeyArn: key.arn,
        // What may go with a setting is built again from the same files.
        deletionProtection: deletionProtection && !comesAndGoes(image),
      });
    }
    if (clusters.some(({ fleet }) => fleet.some(isBuilt)))
      new Repository(this, "repository-services", {
        name: names.serviceRepository,
        kmsKeyArn: key.arn,
        deletionProtection: false,
      });
    for (const { name } of secretsInStore(topology, trust, clustersInRegion(topology, region))) {
      emptySecret(this, `secret-${name}`, {
        name: names.keySecret(name),
        description: `natsform ${environment.name}: ${name}`,
        kmsKeyId: key.arn,
        deletionProtection,
      });
    }
    new ConfigBucket(this, "config-bucket", {
      name: names.configBucket(accountId),
      kmsKeyArn: key.arn,
      deletionProtection,
      tlsOnly: settings.emulatorEndpoint === undefined,
    });
  }
}

/** One of each. */
function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items.filter((item, i) => items.findIndex((other) => key(other) === key(item)) === i);
}
