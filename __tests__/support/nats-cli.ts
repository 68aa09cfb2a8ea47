import { type ChildProcess, spawn } from "node:child_process";
import { toolPath } from "../../cli/core/toolbox/find";

/** The official command line as `make test` builds it; `undefined` where there is no Go to build it with. */
export const natsCliPath = toolPath("nats-cli");

export interface NatsCliResult {
  code: number;
  /** Both streams, as somebody at a terminal reads them. */
  text: string;
}

/** A command that runs until it is done. */
export interface RunningNatsCli {
  /** What it printed so far. */
  text(): string;
  done: Promise<NatsCliResult>;
  end(): void;
}

/** `nats` with the contexts of one folder. */
export class NatsCli {
  readonly #running = new Set<ChildProcess>();

  /** @param home folder that stands for `~/.config` */
  constructor(
    private readonly program: string,
    private readonly home: string,
  ) {}

  start(context: string, ...args: string[]): RunningNatsCli {
    const child = spawn(this.program, ["--context", context, "--timeout", "20s", ...args], {
      env: { ...process.env, XDG_CONFIG_HOME: this.home, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data.toString()));
    const done = new Promise<NatsCliResult>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        this.#running.delete(child);
        resolve({ code: code ?? 1, text });
      });
    });
    return { text: () => text, done, end: () => void child.kill("SIGKILL") };
  }

  run = (context: string, ...args: string[]): Promise<NatsCliResult> => this.start(context, ...args).done;

  /** Ends whatever still runs. */
  close(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }
}
