import { type App, TerraformStack } from "cdktf";
import { backlogAccounts } from "../model/topology";
import { Backlog } from "../modules/kubernetes/backlog";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { FleetService } from "../modules/kubernetes/fleet-service";
import { HttpGateway } from "../modules/kubernetes/http-gateway";
import { addKubernetesProvider } from "../modules/kubernetes/providers";
import { addBackend } from "../modules/terraform/backend";

/** What is asked: the HTTP gateway and services of the environment. They come after the streams that they use. */
export class KubernetesServicesStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names } = context;
    super(app, names.servicesStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    if (cluster.httpGateway) new HttpGateway(this, "http-gateway", context, cluster.httpGateway);
    for (const account of backlogAccounts(cluster.backlogs))
      new Backlog(this, `backlog-of-${account}`, context, account);
    for (const service of cluster.fleet) new FleetService(this, `service-${service.name}`, context, service);
  }
}
