import type { IncomingMessage } from "node:http";

/** A request to AWS, with its service, region and action. */
export interface AwsRequest {
  method: string;
  /** With the query, as it was sent. */
  path: string;
  headers: IncomingMessage["headers"];
  service: string;
  region: string;
  /** `DescribeTasks`; for services with REST paths, method and path without the query. */
  action: string;
  /** Read in advance, except for S3. */
  body?: Buffer;
  /** The caller is Terraform, not a program. */
  fromTerraform: boolean;
}

/** Credentials name service and region, and every client of AWS sends them. */
export function describeRequest(message: IncomingMessage, body: Buffer | undefined): AwsRequest {
  const { method = "GET", url: path = "/", headers } = message;
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? "");
  const service = scope?.[2] ?? "unknown";
  return {
    method,
    path,
    headers,
    service,
    region: scope?.[1] ?? "us-east-1",
    action: actionOf(service, method, path, headers, body),
    body,
    fromTerraform: /HashiCorp|Terraform/.test(headers["user-agent"] ?? ""),
  };
}

function actionOf(
  service: string,
  method: string,
  path: string,
  headers: IncomingMessage["headers"],
  body: Buffer | undefined,
): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string") return target.slice(target.indexOf(".") + 1);
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded") && body)
    return new URLSearchParams(body.toString("utf8")).get("Action") ?? "unknown";
  if (service === "route53") return route53Action(method, path);
  return `${method} ${path.split("?")[0]}`;
}

function route53Action(method: string, path: string): string {
  if (/\/rrset\/?(\?|$)/.test(path)) return method === "POST" ? "ChangeResourceRecordSets" : "ListResourceRecordSets";
  if (/\/hostedzone\/?(\?|$)/.test(path)) return method === "POST" ? "CreateHostedZone" : "ListHostedZones";
  if (/\/change\//.test(path)) return "GetChange";
  return `${method} ${path.split("?")[0]}`;
}

/** The body as JSON data; an empty object when there is none. */
export function jsonBody<T extends object>(request: AwsRequest): T {
  const text = request.body?.toString("utf8") ?? "";
  return (text === "" ? {} : JSON.parse(text)) as T;
}
