import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames, ownershipRecord } from "../../model/topology";
import { type DnsSyncEnv, dnsSyncStatements } from "../../runtime/dns-sync/env";
import type { ProgramEnv } from "../../templates/program-environment";
import { InvocationRule } from "./invocation-rule";
import { LambdaProgram } from "./lambda-program";
import type { Lookups } from "./lookups";

export interface DnsSyncProps {
  environment: string;
  cluster: EcsCluster;
  /** The client record. */
  recordName: string;
  root: string;
  lookups: Lookups;
}

/**
 * Keeps the client record equal to the addresses of the healthy servers.
 *
 * It runs on every change of a server's task, and each minute in case an event is lost: the record is stale for at most
 * its TTL and a minute. It runs once at a time, so that an older picture is never written over a newer one.
 */
export class DnsSync extends Construct {
  readonly program: LambdaProgram;

  constructor(scope: Construct, id: string, { environment, cluster, recordName, root, lookups }: DnsSyncProps) {
    super(scope, id);
    const { platform, name, servers } = cluster;
    const names = awsClusterNames(environment, name);
    const services = servers.map((server) => names.service(server.name));
    const ecsCluster = lookups.names.ecsCluster;
    const variables: ProgramEnv<typeof DnsSyncEnv> = {
      ECS_CLUSTER: ecsCluster,
      ECS_SERVICES: services.join(","),
      HOSTED_ZONE_ID: lookups.zoneId,
      RECORD_NAME: recordName,
      OWNERSHIP_RECORD_NAME: ownershipRecord(recordName),
      OWNER: names.recordOwner,
      ADDRESSES: platform.access === "public" ? "public" : "private",
      TTL_SECONDS: String(platform.dnsTtlSeconds),
      WHEN_EMPTY: whenEmpty,
      LOG_LEVEL: "info",
    };
    const { partition, region, accountId } = lookups;
    this.program = new LambdaProgram(this, "program", {
      program: "dns-sync",
      functionName: names.program("dns-sync"),
      description: `Keeps ${recordName} equal to the healthy servers`,
      root,
      lookups,
      logName: `${name}-dns-sync`,
      variables,
      statements: dnsSyncStatements({
        ecsClusterArn: lookups.ecsCluster.arn,
        tasksArn: `arn:${partition}:ecs:${region}:${accountId}:task/${ecsCluster}/*`,
        hostedZoneArn: `arn:${partition}:route53:::hostedzone/${lookups.zoneId}`,
        recordName,
        whenEmpty,
      }),
      memoryMiB: 256,
      timeoutSeconds: 60,
      reservedConcurrency: 1,
    });
    new InvocationRule(this, "task-changes", {
      name: `${names.program("dns-sync")}-task-changes`,
      description: `Tasks of the servers of ${names.prefix} change`,
      pattern: {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: { clusterArn: [lookups.ecsCluster.arn], group: services.map((service) => `service:${service}`) },
      },
      program: this.program,
    });
    new InvocationRule(this, "schedule", {
      name: `${names.program("dns-sync")}-schedule`,
      description: `${recordName} is compared each minute, in case an event was lost`,
      schedule: "rate(1 minute)",
      program: this.program,
    });
  }
}

/** With no healthy server the last addresses stay: resolvers remember an absent name for longer than an address. */
const whenEmpty = "keep";
