import { createInterface } from "node:readline/promises";
import { Listr, type ListrTaskWrapper } from "listr2";
import { type Host, type HostEvent, silentHost } from "./host";
import { print } from "./output";
import { rowLine } from "./rows";

export interface HostProps {
  /** The result is printed as JSON: nothing else may be. */
  json?: boolean;
  /** Every change was confirmed beforehand. */
  yes?: boolean;
}

/** The host of a command: a moving list on a terminal, plain lines in a pipe, nothing beside JSON. */
export function commandHost({ json = false, yes = false }: HostProps = {}): Host {
  if (json) return silentHost(yes);
  return process.stdout.isTTY ? new TerminalHost(yes) : new PlainHost(yes);
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`${question} Only "yes" confirms: `)).trim() === "yes";
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

  confirm(question: string): Promise<boolean> {
    return this.yes ? Promise.resolve(true) : ask(question);
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
  `${stack}: ${changes === 0 ? "no changes" : `${changes} changes`}${text ? `\n\n${text}\n` : ""}`;

interface Shown {
  title: string;
  begin(): void;
  begun: Promise<void>;
  end(error?: Error): void;
  ended: Promise<void>;
  task?: ListrTaskWrapper<unknown, never, never>;
}

/** A list of steps that changes in place. Whatever else is reported stands between two lists. */
class TerminalHost implements Host {
  #steps: Shown[] = [];
  #list: Promise<unknown> = Promise.resolve();

  constructor(private readonly yes: boolean) {}

  report(event: HostEvent): void {
    switch (event.code) {
      case "steps":
        this.#show(event.titles);
        return;
      case "step-begun":
        this.#step(event.title)?.begin();
        return;
      case "step-progress":
        this.#with(event.title, (task) => {
          task.output = event.text;
        });
        return;
      case "step-done":
        this.#with(event.title, (task) => {
          task.title = doneTitle(event);
        });
        this.#step(event.title)?.end();
        return;
      case "step-failed":
        this.#step(event.title)?.end(new Error(event.title));
        return;
      default: {
        const text = plainText(event);
        if (text !== undefined) print(text);
      }
    }
  }

  confirm(question: string): Promise<boolean> {
    return this.yes ? Promise.resolve(true) : ask(question);
  }

  async shown(): Promise<void> {
    await this.#list;
  }

  #show(titles: readonly string[]): void {
    this.#steps = titles.map(waiting);
    const tasks = this.#steps.map((step) => ({
      title: step.title,
      task: async (_: unknown, task: ListrTaskWrapper<unknown, never, never>) => {
        step.task = task;
        await step.begun;
        await step.ended;
      },
    }));
    const list = new Listr(tasks as never, {
      // The error is thrown by the work itself, and printed once.
      rendererOptions: { showErrorMessage: false },
      exitOnError: true,
    });
    this.#list = list.run().catch(() => undefined);
  }

  #step = (title: string) => this.#steps.find((step) => step.title === title);

  /** The list may not have come to the step yet: its renderer runs beside the work. */
  #with(title: string, change: (task: ListrTaskWrapper<unknown, never, never>) => void): void {
    const step = this.#step(title);
    if (step?.task) change(step.task);
    else void step?.begun.then(() => setImmediate(() => step.task && change(step.task)));
  }
}

function waiting(title: string): Shown {
  const [begin, begun] = deferred();
  const [end, ended] = deferred();
  // A failure is known to the work as well.
  ended.catch(() => undefined);
  return { title, begin: () => begin(), begun, end, ended };
}

function deferred(): [(error?: Error) => void, Promise<void>] {
  let settle: (error?: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  return [settle, promise];
}
