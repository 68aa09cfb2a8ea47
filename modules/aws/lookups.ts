import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { DataAwsEcsCluster } from "@cdktf/provider-aws/lib/data-aws-ecs-cluster";
import { DataAwsKmsAlias } from "@cdktf/provider-aws/lib/data-aws-kms-alias";
import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import { DataAwsSecretsmanagerSecret } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret";
import { DataAwsSecretsmanagerSecretVersions } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions";
import { DataAwsServiceDiscoveryDnsNamespace } from "@cdktf/provider-aws/lib/data-aws-service-discovery-dns-namespace";
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc";
import { TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { type AwsNames, awsNames, internalDomain } from "../../model/topology";
import { partitionOf } from "./context";
import { type SubnetKind, subnetTag } from "./subnets";

/**
 * Resources of other stacks, found by names that both derive from the topology. Each one is looked up once, at its
 * first use, so a stack reads nothing that it does not need.
 */
export class Lookups extends Construct {
  readonly names: AwsNames;
  readonly region: string;
  readonly partition: string;
  readonly #cluster: EcsCluster;
  readonly #environment: string;

  constructor(scope: Construct, id: string, environment: string, cluster: EcsCluster) {
    super(scope, id);
    this.#cluster = cluster;
    this.#environment = environment;
    this.region = cluster.platform.region;
    this.partition = partitionOf(this.region);
    this.names = awsNames(environment, this.region);
  }

  get accountId(): string {
    return this.once("account", (id) => new DataAwsCallerIdentity(this, id, {})).accountId;
  }

  get vpc(): DataAwsVpc {
    const { vpcId } = this.#cluster.platform.network;
    const filter = [{ name: "tag:Name", values: [this.names.vpc] }];
    return this.once("vpc", (id) => new DataAwsVpc(this, id, vpcId ? { id: vpcId } : { filter }));
  }

  /** Ids of the subnets of one kind in the zones given, in their order. */
  subnets(kind: SubnetKind, zones: readonly string[]): string[] {
    return zones.map(
      (zone) =>
        this.once(
          `${kind}-${zone}`,
          (id) =>
            new DataAwsSubnet(this, id, {
              vpcId: this.vpc.id,
              availabilityZone: `${this.region}${zone}`,
              tags: { [subnetTag]: kind },
            }),
        ).id,
    );
  }

  get ecsCluster(): DataAwsEcsCluster {
    return this.once("ecs-cluster", (id) => new DataAwsEcsCluster(this, id, { clusterName: this.names.ecsCluster }));
  }

  /** ARN of the environment's key. */
  get kmsKeyArn(): string {
    return this.once("kms", (id) => new DataAwsKmsAlias(this, id, { name: this.names.kmsAlias })).targetKeyArn;
  }

  get zoneId(): string {
    const { domain, hostedZoneId } = this.#cluster.platform;
    if (hostedZoneId) return hostedZoneId;
    return this.once("zone", (id) => new DataAwsRoute53Zone(this, id, { name: domain, privateZone: false })).zoneId;
  }

  get namespaceId(): string {
    const name = internalDomain(this.#environment, this.#cluster.platform);
    return this.once(
      "namespace",
      (id) => new DataAwsServiceDiscoveryDnsNamespace(this, id, { name, type: "DNS_PRIVATE" }),
    ).id;
  }

  secretArn(name: string): string {
    const id = `secret-${name.replaceAll("/", "-")}`;
    return this.once(id, () => new DataAwsSecretsmanagerSecret(this, id, { name })).arn;
  }

  /** Id of a secret's current version, which says nothing of its value. */
  secretVersion(name: string): string {
    const id = `versions-${name.replaceAll("/", "-")}`;
    const secretId = this.secretArn(name);
    const current = this.once(`current-${id}`, (local) => {
      const found = new DataAwsSecretsmanagerSecretVersions(this, id, { secretId });
      const versions = `data.aws_secretsmanager_secret_versions.${found.friendlyUniqueId}.versions`;
      return new TerraformLocal(
        this,
        local,
        `\${one([for each in ${versions} : each.version_id if contains(each.version_stages, "AWSCURRENT")])}`,
      );
    });
    return current.asString;
  }

  get configBucket(): string {
    return this.names.configBucket(this.accountId);
  }

  /** ARN of a parameter in Systems Manager. @param name begins with a slash */
  parameterArn(name: string): string {
    return `arn:${this.partition}:ssm:${this.region}:${this.accountId}:parameter${name}`;
  }

  /** ARN of a repository of the account. */
  repositoryArn = (name: string): string =>
    `arn:${this.partition}:ecr:${this.region}:${this.accountId}:repository/${name}`;

  ecsServiceArn(name: string): string {
    return `arn:${this.partition}:ecs:${this.region}:${this.accountId}:service/${this.names.ecsCluster}/${name}`;
  }

  logGroupArn(of: string): string {
    return `arn:${this.partition}:logs:${this.region}:${this.accountId}:log-group:${this.names.logGroup(of)}`;
  }

  /** Construct of this id, made when there is none yet. */
  private once<T extends Construct>(id: string, make: (id: string) => T): T {
    return (this.node.tryFindChild(id) as T | undefined) ?? make(id);
  }
}
