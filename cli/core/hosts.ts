import { createInterface } from "node:readline/promises";
import { Listr, type ListrTaskWrapper } from "listr2";
import { counted } from "./counted";
import { type Host, type HostEvent, silentHost } from "./host";
import { tellsInterrupts } from "./interrupts";
import { print } from "./output";
import { rowLine } from "./row-line";

export interface HostProps {
  /** The result is printed as JSON: nothing else may be. */
  json?: boolean;
  /** Every change was confirmed beforehand. */
  yes?: boolean;
}

/** The host of a command: a moving list on a terminal, plain lines in a pipe, nothing beside JSON. */
export function commandHost({ json = false, yes = false }: HostProps = {}): Host {
  if (json) return { ...silentHost(yes), confirm: async (_, about) => yes && about === undefined };
  return process.stdout.isTTY ? new TerminalHost(yes) : new PlainHost(yes);
}

/** A loss is asked for even where every change was confirmed beforehand. */
async function confirm(yes: boolean, question: string, about?: "loss"): Promise<boolean> {
  if (yes && about === undefined) return true;
  return process.stdin.isTTY ? ask(question) : false;
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // It reads Ctrl-C as a key.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  // Nobody can answer any more: Ctrl-D, or a pipe that ends.
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    const answer = terminal.question(`${question} Only "yes" confirms: `);
    return (await Promise.race([answer, ended])).trim() === "yes";
  } finally {
    terminal.close();
  }
}

/** One line for everything that happens: for pipes, files and the logs of CI. */
class PlainHost implements Host {
  constructor(private readonly yes: boolean) {}

  report(event: HostEvent): void {
    const text = plainText(event);
    if (text !== undefined) print(text);
  }

  confirm(question: string, about?: "loss"): Promise<boolean> {
    return confirm(this.yes, question, about);
  }
}

/** The line of an event; `undefined` for one without. */
export function plainText(event: HostEvent): string | undefined {
  switch (event.code) {
    case "steps":
      return undefined;
    case "step-begun":
      return `${event.title} ...`;
    case "step-progress":
      return `  ${event.text}`;
    case "step-done":
      return `✔ ${doneTitle(event)}`;
    case "step-failed":
      return `✖ ${event.title}`;
    case "notice":
      return event.text;
    case "plan":
      return planText(event);
    case "row":
      return rowLine(event.row);
    default:
      return event satisfies never;
  }
}

const doneTitle = ({ title, text }: { title: string; text?: string }) => (text ? `${title}: ${text}` : title);

const planText = ({ stack, changes, text }: { stack: string; changes: number; text?: string }) =>
  `${stack}: ${changes === 0 ? "no changes" : counted(changes, "change")}${text ? `\n\n${text}\n` : ""}`;

/** A step of the list on the terminal, which the work moves from outside. */
class ShownStep {
  readonly #begun = deferred();
  readonly #ended = deferred();
  #task: ListrTaskWrapper<unknown, never, never> | undefined;
  #done: string;

  constructor(readonly title: string) {
    this.#done = title;
    // A failure is known to the work as well.
    this.#ended.promise.catch(() => undefined);
  }

  begin = () => this.#begun.settle();
  fail = () => this.#ended.settle(new Error(this.title));

  /** Below the list there is no place that it would not write over. */
  remark(text: string): void {
    if (this.#task) this.#task.title = `${this.title}: ${text}`;
  }

  done(title: string): void {
    this.#done = title;
    this.#ended.settle();
  }

  /** Lost where the list has not come to the step yet: the next one follows. */
  progress(text: string): void {
    if (this.#task) this.#task.output = text;
  }

  async follow(task: ListrTaskWrapper<unknown, never, never>): Promise<void> {
    this.#task = task;
    await this.#begun.promise;
    await this.#ended.promise;
    task.title = this.#done;
    this.#task = undefined;
  }
}

/** A list of steps that changes in place. Whatever else is reported stands between two lists. */
class TerminalHost implements Host {
  #steps: ShownStep[] = [];
  #list: Promise<unknown> = Promise.resolve();

  constructor(private readonly yes: boolean) {
    tellsInterrupts((text) => {
      for (const step of this.#steps) step.remark(text);
    });
  }

  report(event: HostEvent): void {
    switch (event.code) {
      case "steps":
        this.#show(event.titles);
        return;
      case "step-begun":
        this.#step(event.title)?.begin();
        return;
      case "step-progress":
        this.#step(event.title)?.progress(event.text);
        return;
      case "step-done":
        this.#step(event.title)?.done(doneTitle(event));
        return;
      case "step-failed":
        this.#step(event.title)?.fail();
        return;
      default: {
        const text = plainText(event);
        if (text !== undefined) print(text);
      }
    }
  }

  confirm(question: string, about?: "loss"): Promise<boolean> {
    return confirm(this.yes, question, about);
  }

  async shown(): Promise<void> {
    await this.#list;
  }

  #show(titles: readonly string[]): void {
    this.#steps = titles.map((title) => new ShownStep(title));
    const tasks = this.#steps.map((step) => ({
      title: step.title,
      task: (_: unknown, task: ListrTaskWrapper<unknown, never, never>) => step.follow(task),
    }));
    const list = new Listr(tasks as never, {
      // The error is thrown by the work itself, and printed once.
      rendererOptions: { showErrorMessage: false },
      exitOnError: true,
      // It would end the process at once, with a code of its own: who waits for Terraform does not.
      registerSignalListeners: false,
    });
    this.#list = list.run().catch(() => undefined);
  }

  #step = (title: string) => this.#steps.find((step) => step.title === title);
}

function deferred(): { promise: Promise<void>; settle(error?: Error): void } {
  let settle: (error?: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  return { promise, settle: (error) => settle(error) };
}
