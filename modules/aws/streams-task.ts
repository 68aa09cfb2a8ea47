import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames } from "../../model/topology";
import type { StreamsEnv } from "../../runtime/streams/env";
import { toStreamSpecs } from "../../templates/stream-specs";
import type { ProgramEnv } from "../terraform/program-env";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import { clientUrls, connectionSecrets } from "./program-connection";
import { ProgramTask, type SecretVariable } from "./program-task";

export interface StreamsTaskProps {
  context: StackContext;
  cluster: EcsCluster;
  account: string;
  image: string;
  lookups: Lookups;
}

type Variables = ProgramEnv<typeof StreamsEnv>;

/** The task that makes the streams of one account as the configuration has them. `natsform deploy` runs it, once each time. */
export class StreamsTask extends Construct {
  readonly task: ProgramTask;

  constructor(scope: Construct, id: string, { context, cluster, account, image, lookups }: StreamsTaskProps) {
    super(scope, id);
    const { topology } = context;
    const { jetstream } = cluster;
    const syncInterval = jetstream?.syncInterval ?? 1000;
    const variables: Variables = {
      NATS_SERVERS: clientUrls(cluster),
      OWNER: topology.environment,
      STREAMS: JSON.stringify(toStreamSpecs(topology, cluster.name, account)),
      STREAMS_SYNC_INTERVAL_SECONDS: String(syncInterval === "always" ? 0 : syncInterval / 1000),
      LOG_LEVEL: "info",
    };
    const secrets: Partial<Record<keyof Variables, SecretVariable>> = connectionSecrets(
      topology,
      cluster,
      `streams-${account}`,
      lookups.names.keySecret,
    );
    this.task = new ProgramTask(this, "task", {
      name: awsClusterNames(topology.environment, cluster.name).program(`streams-${account.toLowerCase()}`),
      program: "streams",
      image,
      logName: `${cluster.name}-streams`,
      lookups,
      variables,
      secrets,
      cpu: 256,
      memoryMiB: 512,
    });
  }
}
