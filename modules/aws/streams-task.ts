import { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames } from "../../model/topology";
import { toStreamSpecs } from "../../templates/stream-specs";
import { streamsEnvironment } from "../../templates/streams-environment";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import { connectionOf } from "./program-connection";
import { ProgramTask, type SecretVariable } from "./program-task";

export interface StreamsTaskProps {
  context: StackContext;
  cluster: EcsCluster;
  account: string;
  image: string;
  lookups: Lookups;
}

/** The task that makes the streams of one account as the configuration has them. `natsform deploy` runs it, once each time. */
export class StreamsTask extends Construct {
  readonly task: ProgramTask;

  constructor(scope: Construct, id: string, { context, cluster, account, image, lookups }: StreamsTaskProps) {
    super(scope, id);
    const { topology } = context;
    const programEnvironment = streamsEnvironment<SecretVariable>(topology, cluster, {
      ...connectionOf(context, cluster, `streams-${account}`, lookups),
      specs: { text: JSON.stringify(toStreamSpecs(topology, cluster.name, account)) },
    });
    this.task = new ProgramTask(this, "task", {
      name: awsClusterNames(topology.environment, cluster.name).program(`streams-${account.toLowerCase()}`),
      program: "streams",
      image,
      logName: `${cluster.name}-streams`,
      lookups,
      ...programEnvironment,
      cpu: 256,
      memoryMiB: 512,
    });
  }
}
