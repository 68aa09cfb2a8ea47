import { UserError } from "./project";

/** Signals that ask a command to end: Ctrl-C, a cancelled CI job, a terminal that is closed. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type Interrupt = (typeof signals)[number];

/** As shells count: 128 and the signal's number. */
export const interruptCodes: Readonly<Record<Interrupt, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** A command that was asked to end, with what it leaves and how to go on. */
export class Interrupted extends UserError {
  constructor(
    readonly signal: Interrupt,
    left: Left | undefined,
  ) {
    super(`interrupted${left ? `: ${left.what}` : ""}`, left?.goOn);
  }
}

/** What an interrupted command leaves, in one sentence, and how to go on. */
export interface Left {
  what: string;
  goOn: string;
}

const leftNow: Left[] = [];

/** Runs work that can be interrupted at any moment. `left` is said when it is. */
export async function leaving<T>(left: Left, work: () => Promise<T>): Promise<T> {
  leftNow.push(left);
  try {
    return await work();
  } finally {
    leftNow.splice(leftNow.indexOf(left), 1);
  }
}

let tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** Has somebody else tell the user what an interrupt waits for: who draws a list on the terminal, for example. */
export function tellsInterrupts(teller: (text: string) => void): void {
  tell = teller;
}

/** Work that must come to its end, and is told to do so. */
interface Asked {
  /** For the message; work without it says by itself what it does. */
  what?: string;
}

const asked = new Set<Asked>();

/**
 * Has work come to its end when a signal arrives: a process that saves its state, for example. Works without
 * `handleInterrupts` too, in somebody else's program.
 *
 * @param ask called once, with the first signal
 * @returns a function that ends this and tells which signal came
 */
export function endsWhenAsked(ask: () => void, what?: string): () => Interrupt | undefined {
  let received: Interrupt | undefined;
  const receive = (signal: Interrupt) => {
    if (received === undefined) ask();
    received ??= signal;
  };
  const work: Asked = { what };
  asked.add(work);
  for (const signal of signals) process.on(signal, receive);
  return () => {
    asked.delete(work);
    for (const signal of signals) process.off(signal, receive);
    return received;
  };
}

/** The error of work that was interrupted. @param what it leaves, where that says more than the command's own sentence */
export function interrupted(signal: Interrupt, what?: string): Interrupted {
  const left = leftNow.at(-1);
  if (what === undefined) return new Interrupted(signal, left);
  return new Interrupted(signal, { what, goOn: left?.goOn ?? "run the same command again" });
}

/**
 * One policy for every command: the first signal asks and waits for what must come to its end, and ends everything else
 * at once; the second one ends the command without waiting.
 *
 * @param end tells the user, and ends the process
 */
export function handleInterrupts(end: (error: Interrupted) => void): void {
  let first = true;
  const receive = (signal: NodeJS.Signals) => {
    const waitedFor = [...asked];
    if (first && waitedFor.length > 0) {
      first = false;
      const named = waitedFor.flatMap(({ what }) => what ?? []);
      if (named.length > 0)
        tell(`interrupted, waits for ${named.join(", ")} to end; interrupt again to end without waiting`);
      return;
    }
    const goesOn = waitedFor.flatMap(({ what }) => what ?? []).join(", ");
    end(interrupted(signal as Interrupt, goesOn ? `${goesOn} goes on` : undefined));
  };
  // Before the listeners of work: what ends at once needs no asking.
  for (const signal of signals) process.prependListener(signal, receive);
}
