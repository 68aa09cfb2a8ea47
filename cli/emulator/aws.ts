/** How an emulated AWS is reached. */
export interface AwsAddress {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  /** Access key id of every request. */
  key: string;
  /** For one that has no port. */
  fetch?: typeof fetch;
}

/** Calls to the emulated AWS in two of AWS's protocols: enough for what the emulator itself does, without its SDK. */
export interface Aws {
  /** JSON 1.1: ECS, EventBridge, Cloud Map, ECR, Secrets Manager, SQS, CloudWatch Logs, DynamoDB, KMS, ACM. */
  json<T>(region: string, service: JsonService, action: string, input: object): Promise<T>;
  /** The query protocol of EC2; the answer is XML. */
  ec2(region: string, action: string, input: Record<string, string>): Promise<string>;
  /** Anything else, by method and path. */
  send(region: string, service: string, path: string, init?: RequestInit): Promise<Response>;
}

const targets = {
  ecs: "AmazonEC2ContainerServiceV20141113",
  events: "AWSEvents",
  servicediscovery: "Route53AutoNaming_v20170314",
  ecr: "AmazonEC2ContainerRegistry_V20150921",
  secretsmanager: "secretsmanager",
  sqs: "AmazonSQS",
  logs: "Logs_20140328",
  dynamodb: "DynamoDB_20120810",
  kms: "TrentService",
  acm: "CertificateManager",
} as const;
export type JsonService = keyof typeof targets;

/** An error answer of AWS. `code` is AWS's name of the error: `ClusterNotFoundException`. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** Nobody checks the signature: the header says who asks, and which service and region are meant. */
const authorization = (key: string, region: string, service: string) =>
  `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;

export function connectAws({ url, key, fetch = globalThis.fetch }: AwsAddress): Aws {
  const send: Aws["send"] = (region, service, path, init = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: authorization(key, region, service), ...(init.headers as Record<string, string>) },
    });
  return {
    send,
    json: async <T>(region: string, service: JsonService, action: string, input: object) => {
      const response = await send(region, service, "/", {
        method: "POST",
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${targets[service]}.${action}` },
        body: JSON.stringify(input),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text || "{}") as T;
      throw jsonError(text, action);
    },
    ec2: async (region, action, input) => {
      const response = await send(region, "ec2", "/", {
        method: "POST",
        body: new URLSearchParams({ Action: action, Version: "2016-11-15", ...input }),
      });
      const text = await response.text();
      if (response.ok) return text;
      throw new AwsError(tagOf(text, "Code") ?? action, tagOf(text, "Message") ?? text.slice(0, 200));
    },
  };
}

function jsonError(text: string, action: string): AwsError {
  try {
    const { __type = action, message, Message } = JSON.parse(text) as Record<string, string | undefined>;
    return new AwsError(__type.slice(__type.lastIndexOf("#") + 1), message ?? Message ?? "");
  } catch {
    return new AwsError(action, text.slice(0, 200));
  }
}

/** Text of the first element of that name. */
export const tagOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
