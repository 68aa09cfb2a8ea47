import type { Answer } from "./proxy";
import { type AwsRequest, jsonBody } from "./request";

/** Algorithms of the keys of ACM's certificates: moto makes all of them RSA, and would have each replaced at every apply. */
export class CertificateKeys {
  readonly #algorithms = new Map<string, string>();

  /** @returns moto's answer, with the algorithm that was asked for */
  complete(request: AwsRequest, answer: Answer): Answer {
    if (answer.status >= 300) return answer;
    const { KeyAlgorithm, CertificateArn = "" } = jsonBody<{ KeyAlgorithm?: string; CertificateArn?: string }>(request);
    const said = () => JSON.parse(answer.body.toString("utf8"));
    if (request.action === "RequestCertificate" && KeyAlgorithm)
      this.#algorithms.set((said() as { CertificateArn: string }).CertificateArn, KeyAlgorithm);
    const known = this.#algorithms.get(CertificateArn);
    if (request.action !== "DescribeCertificate" || known === undefined) return answer;
    const { Certificate } = said() as { Certificate: object };
    const body = Buffer.from(JSON.stringify({ Certificate: { ...Certificate, KeyAlgorithm: known } }));
    return { ...answer, headers: { ...answer.headers, "content-length": body.length }, body };
  }
}
