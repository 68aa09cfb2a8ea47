import { type App, TerraformStack } from "cdktf";
import { isFirstWith, type KubernetesContext } from "../modules/kubernetes/context";
import { emptySecret, filledSecret, type SecretContent } from "../modules/kubernetes/empty-secret";
import { Namespace } from "../modules/kubernetes/namespace";
import { addKubernetesProvider, addVaultProvider } from "../modules/kubernetes/providers";
import { RenewalAccount } from "../modules/kubernetes/renewal-account";
import { VaultAccess } from "../modules/kubernetes/vault-access";
import { VaultAuthorities } from "../modules/kubernetes/vault-authorities";
import { VaultCertificates } from "../modules/kubernetes/vault-certificates";
import { vaultCertificates } from "../modules/kubernetes/vault-roles";
import { addBackend } from "../modules/terraform/backend";

/** Resources that outlive the servers: the namespace, the authorities, and the secrets. */
export class KubernetesPkiStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names } = context;
    super(app, names.pkiStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    // Everything in it refers to it, and so comes after it.
    const owns = isFirstWith(context, ({ platform }) => platform.namespace);
    const inside = owns ? { ...context, namespace: new Namespace(this, "namespace", context).name } : context;

    const contents = this.addVault(context, inside);
    const certificates = cluster.certificates.filter(({ id }) => id !== "public");
    const secrets = [
      ...certificates.map(({ id }) => names.certificates.certificate(id)),
      names.certificates.authorities,
      names.certificates.servers,
    ];
    for (const name of secrets) {
      const content = contents.get(name);
      if (content) filledSecret(this, `secret-${name}`, inside, name, content);
      else emptySecret(this, `secret-${name}`, inside, name);
    }
  }

  /** @returns contents of the Secrets that Terraform itself fills, by their names */
  private addVault(context: KubernetesContext, inside: KubernetesContext): ReadonlyMap<string, SecretContent> {
    if (vaultCertificates(context).length === 0) return new Map();
    addVaultProvider(this);
    const { vault } = context.config.tls;
    const authorities = vault.create ? new VaultAuthorities(this, "authorities", context) : undefined;
    const { roles } = new VaultAccess(this, "access", { context, ready: authorities?.ready });
    if (vault.renewal === "terraform") {
      return new VaultCertificates(this, "certificates", { context, roles, root: authorities?.root }).contents;
    }
    new RenewalAccount(this, "renewal", inside);
    return new Map();
  }
}
