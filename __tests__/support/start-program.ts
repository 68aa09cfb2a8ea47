import { spawn } from "node:child_process";
import { eventually, Hopeless } from "./eventually";

/** A real program of a test, with everything that it has said. */
export interface Program {
  pid: number;
  log(): string;
  /** Its exit code; null while it runs or when a signal ended it. */
  exitCode(): number | null;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves once it has ended and everything that it said is read. */
  ended: Promise<void>;
  /** Waits as `eventually` does; fails at once when the program ends, and always with the end of its log. */
  until<T>(what: string, look: () => T | Promise<T>, seconds?: number): Promise<NonNullable<T>>;
  /** Waits for a text in its log, from `since` characters on. */
  says(text: string | RegExp, since?: number): Promise<void>;
  /** The answer of the HTTP port that its log names. */
  get(path: string): Promise<{ status: number; body: string }>;
  /** Ends it, unless it has ended, and waits for that. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts a program. What is still there after the last test of its file is ended then: see `run/environment.ts`.
 *
 * @param env the whole environment of the program: nothing else is inherited
 */
export function startProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  let log = "";
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => {
      log += text;
    });
  }
  // Not "exit": by then the last lines of its log may not have been read.
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      log += error.message;
      resolve();
    });
  });
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const has = (text: string | RegExp, since: number) =>
    typeof text === "string" ? log.slice(since).includes(text) : text.test(log.slice(since));
  const withLog = (error: Error) => {
    throw new Error(`${error.message}\n${log.slice(-4000)}`);
  };
  return {
    pid: child.pid ?? 0,
    log: () => log,
    exitCode: () => child.exitCode,
    isRunning,
    signal: (signal) => void child.kill(signal),
    ended,
    until(what, look, seconds) {
      const lives = async () => {
        const runs = isRunning();
        const found = await look();
        // It may have done what is waited for, and ended then.
        if (!found && !runs) throw new Hopeless(`it has ended with ${child.exitCode ?? child.signalCode}`);
        return found;
      };
      return eventually(what, lives, seconds).catch(withLog);
    },
    async says(text, since = 0) {
      await eventually(`${text} in the log`, () => has(text, since), 60).catch(withLog);
    },
    async get(path) {
      const port = /"httpPort":(\d+)/.exec(log)?.[1];
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.text() };
    },
    async end(signal = "SIGTERM") {
      if (isRunning()) child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
