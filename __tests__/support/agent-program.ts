import { spawn } from "node:child_process";
import { eventually } from "./eventually";

/** A process of a test, with everything that it has said. */
export interface Program {
  pid: number;
  log(): string;
  /** Its exit code; null while it runs or when a signal ended it. */
  exitCode(): number | null;
  isRunning(): boolean;
  /** Waits for a text in its log, from `since` characters on. */
  says(text: string | RegExp, since?: number): Promise<void>;
  /** The answer of the HTTP port that its log names. */
  get(path: string): Promise<{ status: number; body: string }>;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export function startProgram(command: string, args: readonly string[], env: Record<string, string>): Program {
  let log = "";
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => {
      log += text;
    });
  }
  // Not "exit": by then the last lines of its log may not have been read.
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const has = (text: string | RegExp, since: number) =>
    typeof text === "string" ? log.slice(since).includes(text) : text.test(log.slice(since));
  return {
    pid: child.pid ?? 0,
    log: () => log,
    exitCode: () => child.exitCode,
    isRunning,
    async says(text, since = 0) {
      await eventually(`${text} in the log`, async () => has(text, since), 60).catch((error: Error) => {
        throw new Error(`${error.message}\n${log.slice(-4000)}`);
      });
    },
    async get(path) {
      const port = /"httpPort":(\d+)/.exec(log)?.[1];
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    },
    async end(signal) {
      if (isRunning()) child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}
