import { X509Certificate } from "node:crypto";
import type { Certificate } from "../../../model/topology";
import { splitPem } from "../../../runtime/x509/pem";
import { authorityKey } from "../../../templates/helm-values";
import { counted } from "../../core/counted";
import { checkRow, type DeployRow } from "../../core/rows";
import { deployedValues, strayKeys } from "../../keys/push";
import { certificateFault, waitingAuthority } from "../certificate-fault";
import type { DeployTarget } from "../target";
import { secretData } from "./certificate-secrets";
import { clusterAccess } from "./cluster";
import { keySecret, keysOf } from "./keys";

const dayMs = 86_400_000;

/** Every certificate that servers present is valid, and trusted by its clients. */
export async function checkCertificates(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { cluster, names } = clusterAccess(target, name);
  const kept = cluster.certificates.filter(({ id }) => id !== "public");
  return Promise.all(
    kept.map((certificate) => {
      const secret = names.certificates.certificate(certificate.id);
      return checkRow("secrets", secret, async () => {
        const data = await secretData(target, name, secret);
        const authorities = await secretData(target, name, names.certificates.authorities);
        const judged = judgeCertificate(
          certificate,
          data,
          authorities[authorityKey(certificate.issuer)] ?? "",
          new Date(),
          authorities[`own-${certificate.issuer}.crt`],
        );
        return judged.seen === noCertificate
          ? { ...judged, seen: `${noCertificate}; ${issueAgain(target, certificate)}` }
          : judged;
      });
    }),
  );
}

const noCertificate = "the Secret holds no certificate";
const issueAgain = ({ environment }: DeployTarget, { signer }: Pick<Certificate, "signer">) =>
  signer === "local"
    ? "fill it as docs/runbooks/first-deployment-kubernetes.md says"
    : `natsform deploy ${environment.name} issues it again`;

/**
 * @param authorities PEM of the authorities that its clients trust
 * @param own of these, those of the cluster itself
 */
export function judgeCertificate(
  desired: Pick<Certificate, "names">,
  data: Record<string, string>,
  authorities: string,
  now: Date,
  own = authorities,
): Pick<DeployRow, "ok" | "warns" | "seen"> {
  const [certificate, ...chain] = splitPem(data["tls.crt"] ?? "");
  const privateKey = data["tls.key"];
  if (!certificate || !privateKey) return { ok: false, seen: noCertificate };
  const wrong = certificateFault(
    { certificate, chain: chain.join("\n"), privateKey },
    desired,
    splitPem(authorities),
    now,
  );
  const until = Date.parse(new X509Certificate(certificate).validTo);
  const days = Math.floor((until - now.getTime()) / dayMs);
  const waits = waitingAuthority(certificate, own, now);
  const valid = `${counted(desired.names.length, "name")}, ${days} days left`;
  return {
    ok: wrong === undefined,
    ...(waits && { warns: true }),
    seen: [wrong ?? valid, waits].filter(Boolean).join("; "),
  };
}

/** Every key that programs read is in its Secret, with the environment's value, and no key that nobody there reads. */
export async function checkKeys(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { names } = clusterAccess(target, name);
  return [
    await checkRow("secrets", names.certificates.servers, async () => {
      const found = await secretData(target, name, names.certificates.servers);
      const deployed = keysOf(target, name);
      const desired = await deployedValues(target, target.keys, deployed);
      const wrong = desired.filter(({ name: key, value }) => found[key] !== value).map((one) => one.name);
      const stray = await strayKeys(target, keySecret(target, name), deployed);
      const problems = [
        ...(wrong.length > 0 ? [`differ from ${target.keys.description}: ${wrong.join(", ")}`] : []),
        ...(stray.length > 0 ? [`nobody in the cluster reads ${stray.join(", ")}`] : []),
      ];
      const ok = problems.length === 0;
      return { ok, seen: ok ? `${desired.length} as in ${target.keys.description}` : problems.join("; ") };
    }),
  ];
}
