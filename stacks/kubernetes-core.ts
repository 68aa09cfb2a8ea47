import { type App, TerraformOutput, TerraformStack } from "cdktf";
import { clientUrl } from "../modules/kubernetes/connection";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { CoreCluster } from "../modules/kubernetes/core-cluster";
import { leafCredentials } from "../modules/kubernetes/leaf-credentials";
import { metricsUrl } from "../modules/kubernetes/monitoring";
import { addHelmProvider, addKubernetesProvider } from "../modules/kubernetes/providers";
import { addBackend } from "../modules/terraform/backend";

/** The servers of a cluster, their network policies, and the renewal of their certificates. */
export class KubernetesCoreStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names, topology, trust, namespace } = context;
    super(app, names.coreStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    addHelmProvider(this, cluster.platform);
    // "Default" is no part of an address: they are the same as without a construct around them.
    new CoreCluster(this, "Default", context);

    const service = `${cluster.name}.${namespace}.svc.${cluster.platform.clusterDomain}`;
    const outputs: Record<string, string | undefined> = {
      nats_cluster_url: clientUrl(context),
      nats_leaf_url: cluster.leafHub ? `tls://${service}:7422` : undefined,
      metrics_url: metricsUrl(context),
      monitoring_url: `http://${cluster.name}-headless.${namespace}.svc.${cluster.platform.clusterDomain}:8222`,
      operator_jwt: trust.operator?.jwt,
      system_account: trust.accounts[topology.identity.systemAccount]?.publicKey,
      // Names of the values, never the values themselves.
      credentials_secret: `${namespace}/${names.certificates.servers}`,
    };
    for (const [id, value] of Object.entries(outputs)) if (value) new TerraformOutput(this, id, { value });
    const leafs = leafCredentials(context);
    if (Object.keys(leafs).length > 0) new TerraformOutput(this, "leaf_credentials", { value: leafs });
  }
}
