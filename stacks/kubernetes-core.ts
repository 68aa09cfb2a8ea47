import { type App, TerraformOutput, TerraformStack } from "cdktf";
import { clientUrl } from "../modules/kubernetes/connection";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { NetworkPolicies } from "../modules/kubernetes/network-policies";
import { addHelmProvider, addKubernetesProvider } from "../modules/kubernetes/providers";
import { NatsRelease } from "../modules/kubernetes/release";
import { CertificateRenewal } from "../modules/kubernetes/renewal";
import { addStorageClass } from "../modules/kubernetes/storage";
import { vaultCertificates } from "../modules/kubernetes/vault-roles";
import { addBackend } from "../modules/terraform/backend";

/** The servers of a cluster, who may talk to them, and what keeps their certificates valid. */
export class KubernetesCoreStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names, topology, trust, namespace } = context;
    super(app, names.coreStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    addHelmProvider(this, cluster.platform);
    new NetworkPolicies(this, "network-policies", context);
    const storageClass = addStorageClass(this, context);
    const renewal =
      vaultCertificates(context).length > 0 ? new CertificateRenewal(this, "renewal", context) : undefined;
    new NatsRelease(this, "nats", { context, storageClass, after: renewal ? [renewal.first] : [] });

    const service = `${cluster.name}.${namespace}.svc.${cluster.platform.clusterDomain}`;
    const outputs: Record<string, string | undefined> = {
      nats_cluster_url: clientUrl(context),
      nats_leaf_url: cluster.leafHub ? `tls://${service}:7422` : undefined,
      monitoring_url: `http://${cluster.name}-headless.${namespace}.svc.${cluster.platform.clusterDomain}:8222`,
      operator_jwt: trust.operator?.jwt,
      system_account: trust.accounts[topology.identity.systemAccount]?.publicKey,
      // Where the values are, never what they are.
      credentials_secret: `${namespace}/${names.certificates.servers}`,
    };
    for (const [id, value] of Object.entries(outputs)) if (value) new TerraformOutput(this, id, { value });
  }
}
