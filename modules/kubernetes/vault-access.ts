import { DataKubernetesConfigMapV1 } from "@cdktf/provider-kubernetes/lib/data-kubernetes-config-map-v1";
import { AuthBackend } from "@cdktf/provider-vault/lib/auth-backend";
import { KubernetesAuthBackendConfig } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-config";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { PkiSecretBackendRole } from "@cdktf/provider-vault/lib/pki-secret-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type CertificateId, foreignLeafRole, type IssuerId } from "../../model/topology";
import type { KubernetesContext } from "./context";
import { mountOf, renewalRole, roleOf, ttlSeconds, vaultCertificates } from "./vault-roles";

export interface VaultAccessProps {
  context: KubernetesContext;
  ready?: ReadonlyMap<IssuerId, ITerraformDependable>;
}

/** Permissions to issue: exactly the names of the topology, for exactly their use, and for the renewal job alone. */
export class VaultAccess extends Construct {
  /** Roles that a certificate waits for before it is issued. */
  readonly roles = new Map<CertificateId, ITerraformDependable>();

  constructor(scope: Construct, id: string, { context, ready }: VaultAccessProps) {
    super(scope, id);
    const { config, names, namespace } = context;
    const { vault } = config.tls;
    const certificates = vaultCertificates(context);
    for (const certificate of certificates) {
      const { issuer, usages } = certificate;
      const after = ready?.get(issuer);
      const seconds = String(ttlSeconds(certificate));
      const role = new PkiSecretBackendRole(this, `role-${certificate.id}`, {
        backend: mountOf(context, issuer),
        name: roleOf(context, certificate),
        ...exactly(certificate.names),
        serverFlag: usages.includes("server"),
        clientFlag: usages.includes("client"),
        ...lifetime(seconds),
        dependsOn: after ? [after] : [],
      });
      this.roles.set(certificate.id, role);
    }
    // For operators with access to Vault, who issue the certificate of a foreign leaf: the job may not.
    for (const { name } of certificates.length > 0 ? context.cluster.foreignLeafs : []) {
      const after = ready?.get("leafnodes");
      new PkiSecretBackendRole(this, `foreign-${name}`, {
        backend: mountOf(context, "leafnodes"),
        name: foreignLeafRole(config.tls, context.cluster.name, name),
        ...exactly([name]),
        serverFlag: false,
        clientFlag: true,
        ...lifetime(String(Math.floor(config.tls.ttl / 1000))),
        dependsOn: after ? [after] : [],
      });
    }
    if (!context.cluster.renewsByJob) return;
    const policy = new Policy(this, "policy", { name: renewalRole(context), policy: policyText(context) });
    const auth = vault.create ? new AuthBackend(this, "auth", { type: "kubernetes", path: vault.authPath }) : undefined;
    if (auth) {
      const authority = new DataKubernetesConfigMapV1(this, "kubernetes-authority", {
        // Every namespace has it.
        metadata: { name: "kube-root-ca.crt", namespace: "default" },
      });
      new KubernetesAuthBackendConfig(this, "auth-config", {
        backend: auth.path,
        kubernetesHost: vault.kubernetesHost,
        kubernetesCaCert: Fn.lookup(authority.data, "ca.crt", ""),
        // Tokens are reviewed with the rights of their own client: no token of a reviewer is in the state.
        disableLocalCaJwt: true,
      });
    }
    new KubernetesAuthBackendRole(this, "auth-role", {
      backend: auth?.path ?? vault.authPath,
      roleName: renewalRole(context),
      boundServiceAccountNames: [names.renewal],
      boundServiceAccountNamespaces: [namespace],
      // A token that the pod was given for the API, or for anybody else, does not do.
      audience: vault.audience,
      tokenPolicies: [policy.name],
      tokenTtl: 600,
      tokenMaxTtl: 600,
    });
  }
}

/** These names and no others. */
const exactly = (allowedDomains: string[]) => ({
  allowedDomains,
  allowBareDomains: true,
  allowSubdomains: false,
  allowWildcardCertificates: false,
  allowLocalhost: false,
  allowIpSans: false,
  allowAnyName: false,
  enforceHostnames: true,
  requireCn: false,
});

const lifetime = (seconds: string) => ({
  keyType: "ec",
  keyBits: 256,
  keyUsage: ["DigitalSignature"],
  ttl: seconds,
  maxTtl: seconds,
});

const policyText = (context: KubernetesContext): string =>
  vaultCertificates(context)
    .map((certificate) => `${mountOf(context, certificate.issuer)}/issue/${roleOf(context, certificate)}`)
    .map((path) => `path ${JSON.stringify(path)} {\n  capabilities = ["update"]\n}\n`)
    .join("");
