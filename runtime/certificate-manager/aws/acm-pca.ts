import { AwsClient } from "aws4fetch";

/** Calls an action of ACM PCA with its input, and gives its output. */
export type Pca = <Output>(action: string, input: object) => Promise<Output>;

/** An error answer of ACM PCA. */
export class PcaError extends Error {
  /** @param code AWS's name of it: `RequestInProgressException` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export interface PcaProps {
  region(): Promise<string>;
  credentials(): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
  /** Instead of the region's own: an emulated AWS, or an endpoint of a VPC. */
  endpoint?: string;
  timeoutMs?: number;
}

/**
 * ACM PCA in its JSON protocol. AWS's own client of it would be three actions out of 136 packages.
 * https://docs.aws.amazon.com/privateca/latest/APIReference/
 */
export function connectPca({ region, credentials, endpoint, timeoutMs = 10_000 }: PcaProps): Pca {
  return async <Output>(action: string, input: object): Promise<Output> => {
    const where = await region();
    const domain = where.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    const client = new AwsClient({ ...(await credentials()), region: where, service: "acm-pca", retries: 3 });
    const response = await client.fetch(endpoint ?? `https://acm-pca.${where}.${domain}/`, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `ACMPrivateCA.${action}` },
      body: JSON.stringify(input),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text || "{}") as Output;
    throw errorOf(text, `${action}: ${response.status}`);
  };
}

function errorOf(text: string, otherwise: string): PcaError {
  try {
    const { __type = "", message, Message } = JSON.parse(text) as Record<string, string | undefined>;
    return new PcaError(__type.slice(__type.lastIndexOf("#") + 1) || otherwise, message ?? Message ?? "");
  } catch {
    return new PcaError(otherwise, text.slice(0, 200));
  }
}
