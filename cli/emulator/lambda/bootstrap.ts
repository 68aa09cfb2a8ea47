import { createWriteStream } from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * Main program of an invocation's process, in place of Lambda's runtime: calls the handler with the event from standard
 * input and writes its result or error to file descriptor 3. Standard output and error are free for its logs.
 */
async function main(): Promise<void> {
  const {
    LAMBDA_CODE = "",
    AWS_LAMBDA_FUNCTION_NAME = "",
    EMULATOR_DEADLINE = "0",
    EMULATOR_REQUEST_ID = "",
  } = process.env;
  const [modulePath = "", handlerName = ""] = LAMBDA_CODE.split("#");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const event: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8") || "null");
  const module = (await import(pathToFileURL(modulePath).href)) as Record<string, unknown> & { default?: object };
  const handler = module[handlerName] ?? (module.default as Record<string, unknown> | undefined)?.[handlerName];
  if (typeof handler !== "function") throw new Error(`Runtime.HandlerNotFound: ${handlerName} is not exported`);
  const context = {
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: "$LATEST",
    invokedFunctionArn: process.env.EMULATOR_FUNCTION_ARN,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: EMULATOR_REQUEST_ID,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    getRemainingTimeInMillis: () => Math.max(0, Number(EMULATOR_DEADLINE) - Date.now()),
  };
  const result: unknown = await (handler as (event: unknown, context: unknown) => unknown)(event, context);
  await end({ result: result === undefined ? null : result });
}

function end(outcome: object): Promise<never> {
  return new Promise(() => {
    createWriteStream("", { fd: 3 }).end(JSON.stringify(outcome), () => process.exit(0));
  });
}

const failed = (error: unknown) => {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return end({ error: { errorType: name, errorMessage: message, trace: (stack ?? "").split("\n") } });
};
process.on("unhandledRejection", failed);
main().catch(failed);
