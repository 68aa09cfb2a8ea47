import type { IncomingHttpHeaders } from "node:http";

/** A request to S3 by path style. */
export interface S3Request {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
}

export interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/**
 * What IAM decides about a request by these statements, as AWS documents it for the requests that the program of backups
 * sends. moto enforces no conditions, and refuses signatures over a query with a slash.
 *
 * @throws Error for whatever is not known here: nothing is let through for want of knowledge
 */
export function isPermitted(statements: readonly Statement[], asked: S3Request): boolean {
  const { action, resource, context } = whatIsAsked(asked);
  return statements.some(({ Effect, Action, Resource, Condition = {} }) => {
    if (Effect !== "Allow") throw new Error(`the effect ${Effect} is not known here`);
    return (
      Action.includes(action) &&
      Resource.some((pattern) => isLike(pattern, resource)) &&
      Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(([key, value]) => holds(operator, [value].flat(), context[key])),
      )
    );
  });
}

/** Whether the request makes an object, rather than a part of one. */
export const makesObject = ({ method, path }: S3Request): boolean =>
  (method === "PUT" && !path.includes("partNumber=")) || (method === "POST" && path.includes("uploadId="));

function whatIsAsked(asked: S3Request) {
  const { method, path, headers } = asked;
  const { pathname, searchParams: query } = new URL(path, "http://s3");
  const [, bucket = "", key = ""] = /^\/([^/]+)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const object = key !== "";
  const actions: Record<string, string | undefined> = {
    GET: object ? "s3:GetObject" : query.has("uploads") ? "s3:ListBucketMultipartUploads" : "s3:ListBucket",
    HEAD: object ? "s3:GetObject" : undefined,
    PUT: object ? "s3:PutObject" : undefined,
    POST: object && (query.has("uploads") || query.has("uploadId")) ? "s3:PutObject" : undefined,
    DELETE: object ? (query.has("uploadId") ? "s3:AbortMultipartUpload" : "s3:DeleteObject") : undefined,
  };
  const action = actions[method];
  if (!action) throw new Error(`${method} ${path} is not known here`);
  const header = headers["if-none-match"];
  const context: Record<string, string | undefined> = {
    "s3:prefix": query.get("prefix") ?? undefined,
    "s3:if-none-match": header,
    "s3:ObjectCreationOperation": String(makesObject(asked)),
  };
  return { action, resource: `arn:aws:s3:::${bucket}${object ? `/${key}` : ""}`, context };
}

function holds(operator: string, values: readonly string[], found: string | undefined): boolean {
  switch (operator) {
    case "StringLike":
      return found !== undefined && values.some((pattern) => isLike(pattern, found));
    case "Bool":
      return found !== undefined && values.includes(found);
    case "Null":
      return values.includes(String(found === undefined));
    default:
      throw new Error(`the operator ${operator} is not known here`);
  }
}

const isLike = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "s",
  ).test(text);
