import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { z } from "zod";
import { awsClusterNames, type Certificate } from "../../../model/topology";
import { CertificateSecret } from "../../../runtime/certificate-manager/contract";
import { splitPem } from "../../../runtime/x509/pem";
import { counted } from "../../core/counted";
import { checkRow, type DeployRow } from "../../core/rows";
import { deployedValues } from "../../keys/push";
import { certificateFault, waitingAuthority } from "../certificate-fault";
import { clientConfig, type DeployTarget } from "../target";
import type { CheckedCluster } from "./checked-cluster";
import { keyStoreOf, keysIn } from "./push";

/** Every key that programs read is in the deployment's store, with the environment's value. */
export async function checkKeys(target: DeployTarget, region: string): Promise<DeployRow[]> {
  return [
    await checkRow("secrets", `keys in ${region}`, async () => {
      const store = keyStoreOf(target, region);
      const desired = await deployedValues(target, target.keys, keysIn(target, region));
      const found = await Promise.all(desired.map(({ name }) => store.read(name)));
      const wrong = desired.filter(({ value }, i) => found[i] !== value).map(({ name }) => name);
      const ok = wrong.length === 0;
      return {
        ok,
        seen: ok
          ? `${desired.length} as in ${target.keys.description}`
          : `differ from ${target.keys.description}: ${wrong.join(", ")}`,
      };
    }),
  ];
}

/** Every certificate that the certificate-manager keeps is valid: it parses, has its names, its key and its chain. */
export function checkCertificates(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const client = new SecretsManagerClient(clientConfig(target, region));
  return Promise.all(
    cluster.certificates.filter(isManaged).map((certificate) => {
      const isPublic = certificate.issuer === "public";
      const SecretId = secretOf(target, cluster.name, certificate);
      return checkRow("secrets", SecretId, async () => {
        const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
        const secret = certificateIn(SecretString);
        if (!secret) return { ok: false, seen: "it holds no certificate; the next deployment has it issued" };
        const roots = isPublic ? [...rootCertificates, ...emulatedRoots(target)] : splitPem(secret.authorities);
        const wrong = certificateFault(secret, certificate, roots, new Date());
        const until = new X509Certificate(secret.certificate).validTo;
        const waits = isPublic ? undefined : waitingAuthority(secret.certificate, secret.authorities, new Date());
        const valid = `${counted(certificate.names.length, "name")}, until ${until}`;
        return {
          ok: wrong === undefined,
          ...(waits && { warns: true }),
          seen: [wrong ?? valid, waits].filter(Boolean).join("; "),
        };
      });
    }),
  );
}

/** What the certificate-manager has stored; undefined where it is nothing of its. */
export function certificateIn(text: string): z.output<typeof CertificateSecret> | undefined {
  try {
    return CertificateSecret.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Certificates that the certificate-manager keeps valid. */
export const isManaged = ({ signer }: Pick<Certificate, "signer">): boolean =>
  ["acme", "certificate-manager", "acm-pca"].includes(signer);

/** Name of the secret of a certificate. */
export function secretOf({ environment }: DeployTarget, cluster: string, { id, issuer, names }: Certificate): string {
  const { domainSecret, certificateSecret } = awsClusterNames(environment.name, cluster);
  return issuer === "public" ? domainSecret(names[0] ?? "") : certificateSecret(id);
}

const emulatedRoots = ({ emulator }: DeployTarget) => (emulator ? [emulator.address.acmeRoot] : []);
