import { createInterface } from "node:readline/promises";
import type { Progress } from "../core/output";
import { print, runTasks } from "../core/output";
import { UserError } from "../core/project";

export interface DeployConsoleProps {
  /** Every change was confirmed beforehand. */
  confirmed: boolean;
  /** Prints nothing: the output is JSON. */
  quiet: boolean;
}

/** Output and confirmations of a deployment. */
export class DeployConsole {
  constructor(private readonly props: DeployConsoleProps) {}

  show(text: string): void {
    if (!this.props.quiet) print(text);
  }

  /** Runs one step as a task list of its own, so that plans and questions can be printed in between. */
  step(title: string, work: (progress: Progress) => Promise<void>): Promise<void> {
    const task = (_: unknown, shown: { output: unknown }) =>
      work((text) => {
        shown.output = text;
      });
    return runTasks([{ title, task }], this.props.quiet);
  }

  /** @throws UserError unless the answer is yes */
  async confirm(question: string): Promise<void> {
    if (this.props.confirmed) return;
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      if ((await terminal.question(`${question} Only "yes" confirms: `)).trim() === "yes") return;
    } finally {
      terminal.close();
    }
    throw new UserError("aborted: not confirmed");
  }
}
