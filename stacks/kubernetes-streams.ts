import { type App, TerraformStack } from "cdktf";
import { streamAccounts } from "../model/topology";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { addKubernetesProvider } from "../modules/kubernetes/providers";
import { StreamsJob } from "../modules/kubernetes/streams-job";
import { addBackend } from "../modules/terraform/backend";

/** The job that makes the streams of a cluster, run by an apply and done when they are durable. */
export class KubernetesStreamsStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names, topology } = context;
    super(app, names.streamsStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    for (const account of streamAccounts(topology, cluster.name)) new StreamsJob(this, account, context, account);
  }
}
