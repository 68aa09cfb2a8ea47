import type { Answer } from "../proxy";
import { jsonAnswer } from "../proxy";
import { type AwsRequest, jsonBody } from "../request";
import type { FunctionCode, FunctionSettings, Functions } from "./functions";
import type { Outcome } from "./invocation";
import type { Invoker } from "./invoker";

const functionPath = /^\/20\d\d-\d\d-\d\d\/functions\/([^/?]+)(\/[a-z-]+)?\/?(\?|$)/;
const tailBytes = 4096;

/** The part of Lambda's API that the emulator answers itself: invocations. */
export async function answerInvoke(
  request: AwsRequest,
  functions: Functions,
  invoker: Invoker,
): Promise<Answer | undefined> {
  const [, reference = "", part] = functionPath.exec(request.path) ?? [];
  if (request.method !== "POST" || part !== "/invocations") return undefined;
  const deployed = functions.find(request.region, reference);
  if (!deployed)
    return refusal(404, "ResourceNotFoundException", `Function not found: ${decodeURIComponent(reference)}`);
  const event = request.body?.toString("utf8") || "{}";
  const type = request.headers["x-amz-invocation-type"];
  if (type === "DryRun") return jsonAnswer(204, undefined);
  if (type === "Event") {
    invoker.accept(deployed, event);
    return jsonAnswer(202, undefined);
  }
  if (invoker.busy(deployed)) return refusal(429, "TooManyRequestsException", "Rate Exceeded.");
  return outcomeAnswer(await invoker.run(deployed, event), request.headers["x-amz-log-type"] === "Tail");
}

const refusal = (status: number, type: string, message: string) =>
  jsonAnswer(status, { Type: "User", Message: message }, { "x-amzn-errortype": type });

function outcomeAnswer({ requestId, result, error, log }: Outcome, withLog: boolean): Answer {
  return jsonAnswer(200, error ?? result, {
    "x-amzn-requestid": requestId,
    "x-amz-executed-version": "$LATEST",
    ...(error ? { "x-amz-function-error": "Unhandled" } : {}),
    ...(withLog ? { "x-amz-log-result": Buffer.from(log).subarray(-tailBytes).toString("base64") } : {}),
  });
}

/** Records functions that moto has created, changed or removed. */
export async function noteDeployment(request: AwsRequest, answer: Answer, functions: Functions): Promise<void> {
  if (answer.status >= 300) return;
  const { method, region } = request;
  if (method === "POST" && /^\/2015-03-31\/functions\/?$/.test(request.path)) {
    const { FunctionName, FunctionArn } = JSON.parse(answer.body.toString("utf8")) as Record<string, string>;
    const created = { name: FunctionName ?? "", arn: FunctionArn ?? "" };
    await functions.create(region, created, jsonBody<FunctionSettings & { Code?: FunctionCode }>(request));
    return;
  }
  const [, reference = "", part] = functionPath.exec(request.path) ?? [];
  const deployed = functions.find(region, reference);
  if (!deployed) return;
  if (method === "PUT" && part === "/code") await functions.deploy(deployed, jsonBody<FunctionCode>(request));
  if (method === "PUT" && part === "/configuration") functions.configure(deployed, jsonBody<FunctionSettings>(request));
  if (part === "/concurrency")
    deployed.reservedConcurrency =
      method === "PUT"
        ? jsonBody<{ ReservedConcurrentExecutions?: number }>(request).ReservedConcurrentExecutions
        : undefined;
  if (method === "DELETE" && part === undefined) functions.remove(deployed);
}
