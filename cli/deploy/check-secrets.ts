import { createPrivateKey, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsClusterNames, type Certificate } from "../../modules/topology";
import { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { deployedValues } from "../keys/push";
import { type CheckedCluster, type DeployRow, row } from "./check";
import { keyStoreOf } from "./push";
import { clientConfig, type DeployTarget } from "./target";

/** Every key that programs read is in the deployment's store, and is the one of the environment. */
export async function checkKeys(target: DeployTarget, region: string): Promise<DeployRow[]> {
  return [
    await row("secrets", `keys in ${region}`, async () => {
      const store = keyStoreOf(target, region);
      const wanted = await deployedValues(target.topology, target.keys);
      const found = await Promise.all(wanted.map(({ name }) => store.read(name)));
      const wrong = wanted.filter(({ value }, i) => found[i] !== value).map(({ name }) => name);
      const ok = wrong.length === 0;
      return {
        ok,
        seen: ok ? `${wanted.length} as in ${target.keys.description}` : `not as they should be: ${wrong.join(", ")}`,
      };
    }),
  ];
}

/** Every certificate that the certificate-manager keeps can be served: it parses, has its names, its key and its chain. */
export function checkCertificates(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const client = new SecretsManagerClient(clientConfig(target, region));
  const names = awsClusterNames(target.environment.name, cluster.name);
  const managed = cluster.certificates.filter(({ signer }) =>
    ["acme", "certificate-manager", "acm-pca"].includes(signer),
  );
  return Promise.all(
    managed.map((certificate) => {
      const isPublic = certificate.issuer === "public";
      const SecretId = isPublic
        ? names.domainSecret(certificate.names[0] ?? "")
        : names.certificateSecret(certificate.id);
      return row("secrets", SecretId, async () => {
        const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId }));
        const secret = CertificateSecret.parse(JSON.parse(SecretString));
        const roots = isPublic ? [...rootCertificates, ...emulatedRoots(target)] : blocksOf(secret.authorities);
        const wrong = whatIsWrong(secret, certificate, roots, new Date());
        const until = new X509Certificate(secret.certificate).validTo;
        return { ok: wrong === undefined, seen: wrong ?? `${certificate.names.length} names, until ${until}` };
      });
    }),
  );
}

const emulatedRoots = ({ emulator }: DeployTarget) => (emulator ? [emulator.address.acmeRoot] : []);
/** Certificates of a PEM text. */
export const blocksOf = (pem: string) =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];

/** Why clients would refuse a certificate; `undefined` when they would not. */
export function whatIsWrong(
  { certificate, chain, privateKey }: Omit<CertificateSecret, "authorities">,
  { names }: Pick<Certificate, "names">,
  roots: readonly string[],
  now: Date,
): string | undefined {
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(createPrivateKey(privateKey))) return "its key belongs to another certificate";
  const missing = names.filter((name) => !leaf.checkHost(name.replace("*.", "any.")));
  if (missing.length > 0) return `lacks ${missing.join(", ")}`;
  if (now < new Date(leaf.validFrom) || now > new Date(leaf.validTo))
    return `valid from ${leaf.validFrom} to ${leaf.validTo}`;
  let last = leaf;
  const way = [leaf];
  for (const pem of blocksOf(chain)) {
    const next = new X509Certificate(pem);
    if (!isSignedBy(last, next)) return `its chain breaks after ${last.subject}`;
    way.push(next);
    last = next;
  }
  // An intermediate that is trusted itself ends the way, whatever comes after it.
  const trusted = way.some((one) => roots.some((pem) => isSignedBy(one, new X509Certificate(pem))));
  return trusted ? undefined : `nobody trusts ${last.issuer}`;
}

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate) =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
