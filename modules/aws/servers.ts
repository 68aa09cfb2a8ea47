import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames, type ServerTopology, serverImage, serverZone } from "../../model/topology";
import { platformSite, renderServer, type ServerConfProps } from "../../templates/nats-conf";
import { natsCommand } from "../../templates/nats-entrypoint";
import { agentEnvironment } from "./agent-environment";
import type { StackContext } from "./context";
import { ServerFolder } from "./data-file-system";
import { Lookups } from "./lookups";
import { programImage } from "./program-image";
import { serverConfig } from "./server-config";
import { serverRoles } from "./server-roles";
import { ServerSecurityGroup } from "./server-security-group";
import { ServerService } from "./server-service";
import { serverUser } from "./server-task";

export interface ServersProps {
  context: StackContext;
  cluster: EcsCluster;
  /** Those of the stack. Default: lookups of its own. */
  lookups?: Lookups;
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** All servers of a cluster. Each waits for the one before it, so that an apply replaces one at a time. */
export class Servers extends Construct {
  constructor(scope: Construct, id: string, props: ServersProps) {
    super(scope, id);
    const { context, cluster } = props;
    const { environment, topology, trust, settings } = context;
    const lookups = props.lookups ?? new Lookups(this, "found", environment.name, cluster);
    const { platform } = cluster;
    const names = awsClusterNames(environment.name, cluster.name);
    const isPublic = platform.access === "public";
    const { vpc } = lookups;
    const group = new ServerSecurityGroup(this, "security-group", {
      name: `${names.prefix}-servers`,
      vpcId: vpc.id,
      vpcRange: vpc.cidrBlock,
      listeners: cluster.listeners,
      monitoringFrom: platform.monitoring.from,
      dialsHub: cluster.leafLinks.length > 0,
      storesOnEfs: platform.storage === "efs",
    });
    const folders = new Map(
      (platform.storage === "efs" ? cluster.servers : []).map(({ name: server }) => [
        server,
        new ServerFolder(this, `${server}-folder`, { name: names.prefix, server, user: serverUser }),
      ]),
    );
    const further = [...folders.values()].map(({ statement }) => statement);
    const { permissions, ...roles } = serverRoles(this, { topology, cluster, lookups, further });
    const agentImage = programImage(this, "agent-image", lookups, settings, "certificate-agent");

    let previous: ServerService | undefined;
    for (const server of cluster.servers) {
      const conf: ServerConfProps = { topology, cluster, server, trust, site: platformSite(topology, cluster) };
      const rendered = renderServer(conf);
      const config = serverConfig(this, `${server.name}-config`, {
        bucket: lookups.configBucket,
        key: names.configKey(server.name),
        digestsName: names.configDigests(server.name),
        kmsKeyArn: lookups.kmsKeyArn,
        server: rendered,
      });
      previous = new ServerService(this, server.name, {
        name: names.service(server.name),
        host: server.host,
        namespaceId: lookups.namespaceId,
        ecsClusterArn: lookups.ecsCluster.arn,
        subnetId: subnetOf(lookups, cluster, server),
        securityGroupId: group.id,
        publicAddress: isPublic,
        after: [config, ...permissions, ...(previous ? [previous.service] : [])],
        task: {
          family: names.service(server.name),
          region: platform.region,
          logGroup: lookups.names.logGroup(server.name),
          cpu: platform.cpu,
          memoryMiB: Math.floor(platform.memory / mebibyte),
          ephemeralStorageGiB: ephemeralStorage(cluster),
          efs: folders.get(server.name)?.efs,
          ...roles,
          serverImage: serverImage(topology.nats, platform),
          agentImage,
          agent: agentEnvironment(conf, lookups.configBucket, rendered.restartDigest),
          command: natsCommand(),
          listenerPorts: cluster.listeners.map(({ port }) => port),
          stopTimeoutSeconds: platform.stopTimeoutSeconds,
        },
      });
    }
  }
}

/** Servers with clients outside of the VPC are in public subnets; each in the zone that its tag names. */
function subnetOf(lookups: Lookups, { platform }: EcsCluster, { ordinal }: ServerTopology): string {
  const kind = platform.access === "public" ? "public" : "private";
  return lookups.subnets(kind, [serverZone(platform, ordinal)])[0] ?? "";
}

/** GiB of disk: the file store and what raft keeps beside it. Fargate gives 20 anyway, and takes 21 to 200. */
function ephemeralStorage({ platform, jetstream }: EcsCluster): number | undefined {
  if (platform.storage !== "ephemeral" || !jetstream) return undefined;
  const needed = Math.ceil(jetstream.fileBytes / 0.9 / gibibyte) + 2;
  return needed > 20 ? Math.min(needed, 200) : undefined;
}
