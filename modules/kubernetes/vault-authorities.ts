import { Mount } from "@cdktf/provider-vault/lib/mount";
import { PkiSecretBackendConfigAutoTidy } from "@cdktf/provider-vault/lib/pki-secret-backend-config-auto-tidy";
import { PkiSecretBackendConfigUrls } from "@cdktf/provider-vault/lib/pki-secret-backend-config-urls";
import { PkiSecretBackendIntermediateCertRequest } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-cert-request";
import { PkiSecretBackendIntermediateSetSigned } from "@cdktf/provider-vault/lib/pki-secret-backend-intermediate-set-signed";
import { PkiSecretBackendRootCert } from "@cdktf/provider-vault/lib/pki-secret-backend-root-cert";
import { PkiSecretBackendRootSignIntermediate } from "@cdktf/provider-vault/lib/pki-secret-backend-root-sign-intermediate";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { IssuerId } from "../../model/topology";
import type { KubernetesContext } from "./context";
import { mountOf, vaultIssuers } from "./vault-roles";

const year = 365 * 24 * 3600;
const lifetimes = { root: 10 * year, intermediate: 3 * year };
const key = { keyType: "ec", keyBits: 384 };

/** The root authority, and below it one for each purpose. Their keys are made in Vault and never leave it. */
export class VaultAuthorities extends Construct {
  /** Resources that a role of a purpose waits for before something is issued. */
  readonly ready = new Map<IssuerId, ITerraformDependable>();
  /** Certificate of the root authority. */
  readonly root: string;

  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { environment, cluster, config } = context;
    const { root: path, address } = config.tls.vault;
    const title = `${environment.name} ${cluster.name}`;
    const lifecycle = { preventDestroy: environment.deletionProtection };

    const rootMount = new Mount(this, "root", { path, type: "pki", maxLeaseTtlSeconds: lifetimes.root, lifecycle });
    const root = new PkiSecretBackendRootCert(this, "root-certificate", {
      backend: rootMount.path,
      type: "internal",
      commonName: `${title} root`,
      ttl: String(lifetimes.root),
      maxPathLength: 1,
      ...key,
    });
    this.root = root.certificate;
    this.addresses("root-addresses", rootMount.path, path, address);

    for (const issuer of vaultIssuers(context)) {
      const mounted = mountOf(context, issuer);
      const maxLeaseTtlSeconds = lifetimes.intermediate;
      const mount = new Mount(this, issuer, { path: mounted, type: "pki", maxLeaseTtlSeconds, lifecycle });
      const backend = mount.path;
      const request = new PkiSecretBackendIntermediateCertRequest(this, `${issuer}-request`, {
        backend,
        type: "internal",
        commonName: `${title} ${issuer}`,
        addBasicConstraints: true,
        ...key,
      });
      const signed = new PkiSecretBackendRootSignIntermediate(this, `${issuer}-signed`, {
        backend: rootMount.path,
        csr: request.csr,
        commonName: `${title} ${issuer}`,
        ttl: String(lifetimes.intermediate),
        maxPathLength: 0,
        dependsOn: [root],
      });
      const taken = new PkiSecretBackendIntermediateSetSigned(this, `${issuer}-certificate`, {
        backend,
        certificate: signed.certificate,
      });
      this.addresses(`${issuer}-addresses`, backend, mounted, address);
      // Certificates live a month: without it all expired ones stay in Vault's storage.
      new PkiSecretBackendConfigAutoTidy(this, `${issuer}-tidy`, {
        backend,
        enabled: true,
        tidyCertStore: true,
        tidyRevokedCerts: true,
        intervalDuration: "24h",
        safetyBuffer: "72h",
      });
      this.ready.set(issuer, taken);
    }
  }

  /** Sets the addresses of the authority's certificate and revocation list, which every certificate contains. */
  private addresses(id: string, backend: string, path: string, address: string): void {
    new PkiSecretBackendConfigUrls(this, id, {
      backend,
      issuingCertificates: [`${address}/v1/${path}/ca`],
      crlDistributionPoints: [`${address}/v1/${path}/crl`],
    });
  }
}
