import { type Answer, jsonAnswer } from "../proxy";
import { type AwsRequest, jsonBody } from "../request";

/**
 * Patterns of request fields that only the documentation of ECS defines: the service model that clients and moto are
 * generated from lacks them, so only AWS itself would refuse such a request.
 */
const alphabets: Readonly<Record<string, { allowed: RegExp; says: string }>> = {
  startedBy: {
    allowed: /^[A-Za-z0-9_/-]{0,128}$/,
    says: "up to 128 letters, numbers, hyphens, forward slashes and underscores are allowed",
  },
  clientToken: { allowed: /^[\x21-\x7e]{0,64}$/, says: "up to 64 characters in the range of 33-126 are allowed" },
};

/** The answer to a request that AWS refuses and moto would accept. */
export function refuseEcs(request: AwsRequest): Answer | undefined {
  if (request.action !== "RunTask" && request.action !== "StartTask") return undefined;
  const input = jsonBody<Record<string, unknown>>(request);
  for (const [name, { allowed, says }] of Object.entries(alphabets)) {
    const value = input[name];
    if (typeof value === "string" && !allowed.test(value))
      return jsonAnswer(400, { __type: "InvalidParameterException", message: `${name}: ${says}` });
  }
  return undefined;
}
