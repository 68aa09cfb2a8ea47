import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { UserError } from "./project";

/** Exit code and output of kubectl. */
export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
  /** It could not even be started. */
  missing?: boolean;
}

/** A port of this machine that leads into the Kubernetes cluster. */
export interface Forwarded {
  port: number;
  /** First line of kubectl's standard error so far; empty without any. */
  stderrText(): string;
  end(): Promise<void>;
}

const answerMs = 60_000;

/** The caller's kubectl with a fixed context: the current context may change while a deployment runs. */
export class Kubectl {
  /** @param context of the kubeconfig; without it, kubectl's own default, as in a pod */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly context?: string,
  ) {}

  private start(args: readonly string[]) {
    const where = this.context ? ["--context", this.context] : [];
    return spawn("kubectl", [...where, ...args], { env: this.env, stdio: ["pipe", "pipe", "pipe"] });
  }

  /** Runs a command that ends by itself, and returns its result even when it fails. */
  run(...args: string[]): Promise<KubectlResult> {
    return this.finish(args, "", answerMs);
  }

  /** Like `run`, with text on standard input and without a timeout: the user may have to log in first. */
  runWith(input: string, ...args: string[]): Promise<KubectlResult> {
    return this.finish(args, input);
  }

  private finish(args: readonly string[], input: string, withinMs?: number): Promise<KubectlResult> {
    const child = this.start(args);
    // A process that ends early closes its input: its exit code says why.
    child.stdin.on("error", () => undefined).end(input);
    const result = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        result[stream] += text;
      });
    const late = withinMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), withinMs);
    return new Promise<KubectlResult>((resolve) => {
      child.once("error", (error) => resolve({ code: 1, stdout: "", stderr: error.message, missing: true }));
      child.once("close", (code) => resolve({ code: code ?? 1, ...result }));
    }).finally(() => clearTimeout(late));
  }

  /** @throws UserError with kubectl's error, unless it succeeds */
  async text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new UserError(firstLine(stderr) || `kubectl ended with ${code}`);
    return stdout.trim();
  }

  /** The answer as JSON of that shape. */
  async json<Schema extends z.ZodType>(schema: Schema, ...args: string[]): Promise<z.output<Schema>> {
    return schema.parse(JSON.parse(await this.text(...args, "--output", "json")));
  }

  /**
   * Opens a port of this machine, for it alone, that leads to a port in the Kubernetes cluster.
   *
   * @param what `service/nats`: one of its pods is chosen
   * @throws UserError when it does not come up
   */
  async forward(namespace: string, what: string, port: number): Promise<Forwarded> {
    const child = this.start(["--namespace", namespace, "port-forward", "--address", "127.0.0.1", what, `:${port}`]);
    child.stdin.end();
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    let stderrText = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderrText += text;
    });
    // A signal to this process does not reach its children.
    const endToo = () => child.kill("SIGTERM");
    process.once("exit", endToo);
    void closed.then(() => process.off("exit", endToo));
    const end = async () => {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 5000);
      await closed;
      clearTimeout(late);
    };
    const lines = createInterface({ input: child.stdout });
    const late = setTimeout(() => child.kill("SIGKILL"), answerMs);
    try {
      return await new Promise((resolve, reject) => {
        lines.on("line", (line) => {
          const opened = /^Forwarding from 127\.0\.0\.1:(\d+) ->/.exec(line)?.[1];
          if (opened) resolve({ port: Number(opened), end, stderrText: () => firstLine(stderrText) });
        });
        child.once("error", (error) => reject(new UserError(error.message)));
        void closed.then(() =>
          reject(new UserError(`port-forward to ${what}: ${firstLine(stderrText) || "it ended"}`)),
        );
      });
    } finally {
      clearTimeout(late);
    }
  }
}

const firstLine = (text: string) => text.trim().split("\n")[0] ?? "";
