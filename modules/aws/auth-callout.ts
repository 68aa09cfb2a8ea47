import type { EcsService } from "@cdktf/provider-aws/lib/ecs-service";
import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames, calloutIssuerSecret, calloutXkeySecret } from "../../model/topology";
import { calloutEnvironment } from "../../templates/auth-callout-environment";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import { connectionOf, keySource } from "./program-connection";
import { programImage } from "./program-image";
import { ProgramTask, type SecretVariable } from "./program-task";
import { scaledService } from "./scaled-service";

export interface AuthCalloutProps {
  context: StackContext;
  cluster: EcsCluster;
  lookups: Lookups;
  securityGroupId: string;
}

/** The responders of a cluster's auth callout: at least two, over the zones, and more while there is more to do. */
export class AuthCallout extends Construct {
  readonly service: EcsService;

  constructor(scope: Construct, id: string, { context, cluster, lookups, securityGroupId }: AuthCalloutProps) {
    super(scope, id);
    const { environment, topology, settings } = context;
    const { platform } = cluster;
    const name = awsClusterNames(environment.name, cluster.name).program("auth-callout");
    const task = new ProgramTask(this, "task", {
      name,
      program: "auth-callout",
      image: programImage(this, "image", lookups, settings, "auth-callout"),
      logName: `${cluster.name}-auth-callout`,
      lookups,
      ...environmentOf(context, cluster, lookups),
      cpu: 512,
      memoryMiB: 1024,
      healthCheck: {
        // The process runs, whether or not it reaches the servers: while they are away, new tasks would not either.
        command: ["CMD", "node", "-e", isHealthy],
        interval: 10,
        timeout: 5,
        retries: 3,
        startPeriod: 30,
      },
    });
    const least = Math.max(2, topology.identity.responders);
    this.service = scaledService(this, {
      name,
      task,
      lookups,
      securityGroupId,
      zones: platform.zones,
      least,
      // A storm of reconnects comes within seconds and a task within a minute: the rest must do meanwhile.
      scale: { most: least * 5, cpu: 40 },
    });
  }
}

const port = 9090;
const isHealthy = `fetch("http://127.0.0.1:${port}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

/** Environment of the responders. */
function environmentOf(context: StackContext, cluster: EcsCluster, lookups: Lookups) {
  const key = (name: string) => keySource(context, cluster, lookups, name);
  return calloutEnvironment<SecretVariable>(context.topology, context.trust, {
    cluster,
    ...connectionOf(context, cluster, "responder", lookups),
    issuerSeeds: key(calloutIssuerSecret),
    xkeySeeds: key(calloutXkeySecret),
    http: { host: "127.0.0.1", port },
  });
}
