import { AwsClient } from "aws4fetch";

/** Calls an action of one service of AWS with its input, and gives its output. */
export type AwsJson = <Output>(action: string, input: object) => Promise<Output>;

/** An error answer of AWS. */
export class AwsJsonError extends Error {
  /** @param code AWS's name of it: `RequestInProgressException` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** Where a service is, and who calls it. */
export interface AwsJsonProps {
  region(): Promise<string>;
  credentials(): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
  /** Instead of the region's own: an emulated AWS, or an endpoint of a VPC. */
  endpoint?: string;
  timeoutMs?: number;
}

/**
 * A service in AWS's JSON protocol, for the few calls that are not worth a client of their own.
 *
 * @param service as in its host's name
 * @param target first part of `x-amz-target`
 */
export function connectAwsJson(
  service: string,
  target: string,
  { region, credentials, endpoint, timeoutMs = 10_000 }: AwsJsonProps,
): AwsJson {
  return async <Output>(action: string, input: object): Promise<Output> => {
    const where = await region();
    const domain = where.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    const client = new AwsClient({ ...(await credentials()), region: where, service, retries: 3 });
    const response = await client.fetch(endpoint ?? `https://${service}.${where}.${domain}/`, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${action}` },
      body: JSON.stringify(input),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text || "{}") as Output;
    throw errorOf(text, `${action}: ${response.status}`);
  };
}

function errorOf(text: string, otherwise: string): AwsJsonError {
  try {
    const { __type = "", message, Message } = JSON.parse(text) as Record<string, string | undefined>;
    return new AwsJsonError(__type.slice(__type.lastIndexOf("#") + 1) || otherwise, message ?? Message ?? "");
  } catch {
    return new AwsJsonError(otherwise, text.slice(0, 200));
  }
}
