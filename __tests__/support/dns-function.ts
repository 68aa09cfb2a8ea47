import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { copyBuilt } from "../../artifacts/copy-built";
import type { Outcome } from "../../runtime/dns-sync/reconcile";
import { eventually } from "./eventually";

/** What Lambda does: loads the file once, then calls its handler with an event and a context for each invocation. */
const invoker = `
const { handler } = require(process.argv[2]);
const stepMs = 20;
process.on("message", async ({ id, event, timeoutMs }) => {
  // A busy machine may let the process stand still. Steps are not made up for: that time does not count.
  let leftMs = timeoutMs;
  const timer = setInterval(() => (leftMs -= stepMs), stepMs);
  const context = { awsRequestId: String(id), getRemainingTimeInMillis: () => leftMs };
  const reply = await handler(event, context).then((outcome) => ({ outcome }), (error) => ({ error: String(error) }));
  clearInterval(timer);
  process.send({ id, ...reply, leftMs });
});
process.send({ id: 0 });
`;

export interface Invocation {
  outcome?: Outcome;
  error?: string;
  /** What was left of the function's timeout. */
  leftMs: number;
  /** Values of the embedded metric format's one line. */
  metrics: Record<string, unknown>;
  /** The log's lines. */
  logs: Record<string, unknown>[];
}

/** The deployed file in a process of its own, kept from one invocation to the next. */
export interface DeployedFunction {
  invoke(event?: object, timeoutMs?: number): Promise<Invocation>;
  stop(): Promise<void>;
}

/** @param env the function's environment; nothing else of ours reaches it */
export async function startFunction(env: Record<string, string>): Promise<DeployedFunction> {
  const folder = mkdtempSync(join(tmpdir(), "dns-sync-"));
  const [file, main] = [join(folder, "index.js"), join(folder, "invoker.js")];
  copyBuilt("programs/dns-sync.cjs", file);
  writeFileSync(main, invoker);
  const child = fork(main, [file], { env, execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const lines: string[] = [];
  const errors: string[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  if (child.stderr) createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await reply(child, 0, errors);
  } catch (error) {
    await stop();
    throw error;
  }
  let id = 0;
  return {
    stop,
    async invoke(event = { "detail-type": "Scheduled Event" }, timeoutMs = 60_000) {
      id += 1;
      const said = reply(child, id, errors);
      child.send({ id, event, timeoutMs });
      const { outcome, error, leftMs } = await said;
      // Its lines come by another way than its reply: the metrics are the last of them.
      const metrics = await untilMetrics(lines);
      const logs = lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);
      return { outcome, error, leftMs, metrics, logs };
    },
  };
}

function reply(child: ChildProcess, id: number, errors: readonly string[]): Promise<Invocation> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the function ended: ${errors.slice(0, 20).join("\n")}`));
    const heard = (message: unknown) => {
      if ((message as { id: number }).id !== id) return;
      child.off("close", ended).off("message", heard);
      resolve(message as Invocation);
    };
    // Not at its exit: what it said last may still be on its way.
    child.on("message", heard).once("close", ended);
  });
}

async function untilMetrics(lines: string[]): Promise<Record<string, unknown>> {
  const isMetrics = (line: string) => line.startsWith('{"_aws"');
  await eventually("the invocation reports its metrics", async () => lines.some(isMetrics));
  const [found = "{}"] = lines.splice(lines.findIndex(isMetrics), 1);
  return JSON.parse(found);
}
