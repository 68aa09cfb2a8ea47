import { createHash } from "node:crypto";
import { PkiSecretBackendCert } from "@cdktf/provider-vault/lib/pki-secret-backend-cert";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type CertificateId, peerAuthorities } from "../../model/topology";
import { authorityKey } from "../../templates/helm-values";
import type { KubernetesContext } from "./context";
import type { SecretContent } from "./empty-secret";
import { mountOf, roleOf, ttlSeconds, vaultCertificates } from "./vault-roles";

export interface VaultCertificatesProps {
  context: KubernetesContext;
  roles: ReadonlyMap<CertificateId, ITerraformDependable>;
  /** Certificate of the root authority, where natsform made it. */
  root?: string;
}

/**
 * Certificates that Terraform requests from Vault, and requests again when an apply finds a third of their life left.
 * Their keys are in the state of these resources, and of no other.
 */
export class VaultCertificates extends Construct {
  /** Contents of the Secrets, by name. */
  readonly contents = new Map<string, SecretContent>();

  constructor(scope: Construct, id: string, { context, roles, root }: VaultCertificatesProps) {
    super(scope, id);
    const { topology, trust, cluster, names } = context;
    const trusted: Record<string, string> = {};
    const signers: string[] = [];
    for (const certificate of vaultCertificates(context)) {
      const { issuer } = certificate;
      const role = roles.get(certificate.id);
      const seconds = ttlSeconds(certificate);
      const issued = new PkiSecretBackendCert(this, certificate.id, {
        backend: mountOf(context, issuer),
        name: roleOf(context, certificate),
        // A common name holds 64 characters at most; verifiers read the alternative names.
        commonName: certificate.names.find((name) => name.length <= 64) ?? "",
        altNames: certificate.names,
        ttl: `${seconds}s`,
        privateKeyFormat: "pkcs8",
        autoRenew: true,
        minSecondsRemaining: Math.floor(seconds / 3),
        dependsOn: role ? [role] : [],
      });
      this.contents.set(names.certificates.certificate(certificate.id), {
        data: { "tls.crt": pem(issued.certificate, issued.issuingCa), "tls.key": pem(issued.privateKey) },
        version: [issued.serialNumber],
      });
      // Servers accept an intermediate as an anchor; programs need the root. Routes and leaf nodes must not trust it.
      const own = issuer === "internal" ? pem(issued.issuingCa, root ?? issued.caChain) : pem(issued.issuingCa);
      const peers = issuer === "leafnodes" ? peerAuthorities(topology, cluster, trust.authorities) : "";
      trusted[authorityKey(issuer)] = `${own}${peers}`;
      signers.push(issued.issuingCa, createHash("sha256").update(peers).digest("hex"));
      if (peers !== "") trusted[`own-${authorityKey(issuer)}`] = own;
    }
    this.contents.set(names.certificates.authorities, {
      data: trusted,
      version: signers,
    });
  }
}

/** Certificates one after another, each on lines of its own. */
const pem = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("");
