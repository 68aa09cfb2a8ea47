import { type App, TerraformStack } from "cdktf";
import { isFirstWith, type KubernetesContext } from "../modules/kubernetes/context";
import { emptySecret } from "../modules/kubernetes/empty-secret";
import { Namespace } from "../modules/kubernetes/namespace";
import { addKubernetesProvider, addVaultProvider } from "../modules/kubernetes/providers";
import { RenewalAccount } from "../modules/kubernetes/renewal-account";
import { VaultAccess } from "../modules/kubernetes/vault-access";
import { VaultAuthorities } from "../modules/kubernetes/vault-authorities";
import { vaultCertificates } from "../modules/kubernetes/vault-roles";
import { addBackend } from "../modules/terraform/backend";

/** What outlives the servers: the namespace, the authorities, and the containers of secrets. */
export class KubernetesPkiStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, config, names } = context;
    super(app, names.pkiStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    // Whatever is in it refers to it, and so comes after it.
    const owns = isFirstWith(context, ({ platform }) => platform.namespace);
    const inside = owns ? { ...context, namespace: new Namespace(this, "namespace", context).name } : context;

    const certificates = cluster.certificates.filter(({ id }) => id !== "public");
    const secrets = [
      ...certificates.map(({ id }) => names.certificates.certificate(id)),
      names.certificates.authorities,
      names.certificates.servers,
    ];
    for (const name of secrets) emptySecret(this, `secret-${name}`, inside, name);

    if (vaultCertificates(context).length === 0) return;
    addVaultProvider(this);
    new RenewalAccount(this, "renewal", inside);
    const { vault } = config.tls;
    const ready = vault.create ? new VaultAuthorities(this, "authorities", context).ready : undefined;
    new VaultAccess(this, "access", { context, ready });
  }
}
