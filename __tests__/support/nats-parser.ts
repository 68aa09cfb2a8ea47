import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { toolPath } from "../../cli/core/toolbox/find";

export type Parsed = { config: unknown; error?: undefined } | { config?: undefined; error: string };

/** nats-server's own configuration parser as a process: one answer for each text, in order. */
export class NatsParser {
  readonly #process;
  readonly #waiting: ((answer: Parsed) => void)[] = [];

  constructor(path: string) {
    this.#process = spawn(path, [], { stdio: ["pipe", "pipe", "inherit"], env: { GREETING: "hello" } });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line)));
  }

  parse(text: string): Promise<Parsed> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${JSON.stringify(text)}\n`);
    });
  }

  stop(): void {
    this.#process.stdin.end();
  }
}

/** The parser as `make test` builds it; `undefined` where there is no Go to build it with. */
export const parserPath = toolPath("natsconf");
