import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { DeployedFunction } from "./functions";

/** Result of an invocation: the handler's return value, or an error as Lambda words it. */
export interface Outcome {
  requestId: string;
  result?: unknown;
  error?: { errorType: string; errorMessage: string; trace?: string[] };
  /** Everything that it wrote. */
  log: string;
  durationMs: number;
}

export interface InvocationProps {
  bootstrap: string;
  /** `AWS_ENDPOINT_URL` of the function's clients. */
  endpoint: string;
  /** Access key id of the function's clients. */
  key: string;
  /** Variables that the emulator sets in the place of the deployed ones. */
  overrides: Record<string, string>;
}

const maxLogBytes = 1024 * 1024;

/** Runs the deployed code once, in a process of its own. Resolves also when it fails; `started` gets the process. */
export async function invoke(
  deployed: DeployedFunction,
  event: string,
  { bootstrap, endpoint, key, overrides }: InvocationProps,
  started: (child: ChildProcess) => void = () => undefined,
): Promise<Outcome> {
  const requestId = randomUUID();
  const timeoutMs = (deployed.settings.Timeout ?? 3) * 1000;
  const from = Date.now();
  const child = spawn(process.execPath, [bootstrap], {
    cwd: deployed.folder,
    env: {
      ...variablesOf(deployed, { endpoint, key, overrides }),
      EMULATOR_REQUEST_ID: requestId,
      EMULATOR_DEADLINE: String(from + timeoutMs),
    },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  started(child);
  let log = "";
  const note = (chunk: Buffer) => {
    log = (log + chunk.toString("utf8")).slice(-maxLogBytes);
  };
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  let reply = "";
  (child.stdio[3] as Readable).on("data", (chunk: Buffer) => {
    reply += chunk.toString("utf8");
  });
  // A process that ends before it has read everything closes the pipe; its exit says what happened.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(event);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("error", (error) => {
      note(Buffer.from(error.message));
      resolve({ code: 1, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(timer);
  const ended = { requestId, log, durationMs: Date.now() - from };
  if (timedOut) {
    const errorMessage = `${new Date().toISOString()} ${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
    return { ...ended, error: { errorType: "Sandbox.Timedout", errorMessage } };
  }
  if (reply === "") {
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`;
    return { ...ended, error: { errorType: "Runtime.ExitError", errorMessage } };
  }
  return { ...ended, ...(JSON.parse(reply) as Pick<Outcome, "result" | "error">) };
}

/** The deployed variables and those that Lambda adds; of the emulator's own environment only PATH. */
function variablesOf(
  { name, region, arn, folder, settings }: DeployedFunction,
  { endpoint, key, overrides }: Omit<InvocationProps, "bootstrap">,
): Record<string, string> {
  const [file = "index", handler = "handler"] = (settings.Handler ?? "index.handler").split(".");
  const path = ["js", "mjs", "cjs"].map((end) => join(folder, `${file}.${end}`)).find((path) => existsSync(path));
  return {
    ...settings.Environment?.Variables,
    ...overrides,
    PATH: process.env.PATH ?? "",
    LAMBDA_CODE: `${path ?? join(folder, `${file}.js`)}#${handler}`,
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: settings.Handler ?? "index.handler",
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.MemorySize ?? 128),
    AWS_LAMBDA_LOG_GROUP_NAME: settings.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    EMULATOR_FUNCTION_ARN: arn,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: key,
    // On Lambda it runs with a later version of Node than this machine may have.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}
