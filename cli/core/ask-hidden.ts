import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** Asks on the terminal for a text that is not shown. @returns an empty text when nobody can answer */
export async function askHidden(question: string): Promise<string> {
  // It would repeat what is typed.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  // It reads Ctrl-C as a key.
  terminal.on("SIGINT", () => {
    process.stderr.write("\n");
    process.kill(process.pid, "SIGINT");
  });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const answer = terminal.question("");
    // Not before: until the terminal is read here, it shows what somebody types at once.
    process.stderr.write(question);
    return await Promise.race([answer, ended]);
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
