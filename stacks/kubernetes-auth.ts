import { type App, TerraformStack } from "cdktf";
import { AuthCallout } from "../modules/kubernetes/auth-callout";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { addKubernetesProvider } from "../modules/kubernetes/providers";
import { addBackend } from "../modules/terraform/backend";

/** The responders of the auth callout, which authorize clients. */
export class KubernetesAuthStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names } = context;
    super(app, names.authStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    new AuthCallout(this, "auth-callout", context);
  }
}
