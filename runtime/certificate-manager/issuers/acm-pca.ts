import { X509Certificate } from "node:crypto";
import { AwsJsonError } from "../../common/aws-json";
import { splitPem } from "../../x509/pem";
import { createRequest } from "../../x509/request";
import type { Pca } from "../aws/acm-pca";
import type { Issuer, Ports } from "../ports";
import { type Authority, bundle } from "../rollover";
import { bounded } from "./bounded";
import { defaultTtlSeconds } from "./private";

const templates = {
  server: "EndEntityServerAuthCertificate",
  client: "EndEntityClientAuthCertificate",
  both: "EndEntityCertificate",
};

interface Issued {
  Certificate?: string;
  CertificateChain?: string;
}

const authorityOf = (pca: Pca, arn: string) =>
  pca<Issued>("GetCertificateAuthorityCertificate", { CertificateAuthorityArn: arn });

/** An authority of ACM PCA: peers trust the root at the end of its chain. */
export async function pcaAuthority(pca: Pca, arn: string): Promise<Authority> {
  const { Certificate = "", CertificateChain = "" } = await authorityOf(pca, arn);
  const root = splitPem(`${Certificate}\n${CertificateChain}`).pop();
  if (!root) throw new Error(`${arn} has no certificate yet`);
  return { certificate: root, arn };
}

/** Certificates of the current authority of a set that lies in ACM PCA. */
export function pcaIssuer(pca: Pca, sleep: Ports["sleep"]): Issuer {
  return {
    async issue({ certificate, set, now, signal }) {
      const arn = set?.current.arn;
      if (!arn) throw new Error("its authority is not in ACM PCA");
      const signing = await authorityOf(pca, arn);
      const isRsa = new X509Certificate(signing.Certificate ?? "").publicKey.asymmetricKeyType === "rsa";
      const { privateKey, request } = await createRequest(certificate.names);
      const [usage = "server"] = certificate.usages;
      const template = templates[certificate.usages.length > 1 ? "both" : usage];
      const until = now.getTime() / 1000 + (certificate.ttlSeconds ?? defaultTtlSeconds);
      const { CertificateArn } = await pca<{ CertificateArn: string }>("IssueCertificate", {
        CertificateAuthorityArn: arn,
        Csr: Buffer.from(request).toString("base64"),
        SigningAlgorithm: isRsa ? "SHA256WITHRSA" : "SHA256WITHECDSA",
        TemplateArn: `arn:${arn.split(":")[1]}:acm-pca:::template/${template}/V1`,
        Validity: { Type: "ABSOLUTE", Value: Math.floor(until) },
      });
      for (let attempt = 0; ; attempt++) {
        try {
          const made = await bounded(
            signal,
            pca<Issued>("GetCertificate", { CertificateAuthorityArn: arn, CertificateArn }),
          );
          const isRoot = (pem: string) => new X509Certificate(pem).checkIssued(new X509Certificate(pem));
          const chain = splitPem(made.CertificateChain ?? "").filter((pem) => !isRoot(pem));
          const [own = ""] = splitPem(made.Certificate ?? "");
          return { certificate: own, chain: chain.join(""), privateKey, authorities: bundle(set) };
        } catch (error) {
          if (!(error instanceof AwsJsonError) || error.code !== "RequestInProgressException") throw error;
          await sleep(Math.min(200 * 2 ** attempt, 5000), signal);
        }
      }
    },
  };
}
