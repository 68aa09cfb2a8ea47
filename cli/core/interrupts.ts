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

/** Work that has to come to its end: what each signal in turn does to it, and what the user is told. */
export type Asking = readonly { does: () => void; says?: string }[];

/** Work under way, each with what the next signals do to it. */
const underWay = new Set<{ next: Asking; received?: Interrupt }>();

/**
 * Has work come to its end when signals arrive: a process that saves its state, for example. Works without
 * `handleInterrupts` too, in somebody else's program.
 *
 * @returns a function that ends this and tells which signal came first
 */
export function endsWhenAsked(...asking: Asking): () => Interrupt | undefined {
  const work: { next: Asking; received?: Interrupt } = { next: asking };
  underWay.add(work);
  listen();
  return () => {
    underWay.delete(work);
    listen();
    return work.received;
  };
}

/** The error of work that was interrupted. @param what it leaves, where that says more than the command's own sentence */
export function interrupted(signal: Interrupt, what?: string): Interrupted {
  const left = leftNow.at(-1);
  if (what === undefined) return new Interrupted(signal, left);
  return new Interrupted(signal, { what, goOn: left?.goOn ?? "run the same command again" });
}

let endCommand: ((error: Interrupted) => void) | undefined;

/**
 * One policy for every command: a signal asks what must come to its end, and ends everything else at once. Who signals
 * again does not wait.
 *
 * @param end tells the user, and ends the process
 */
export function handleInterrupts(end: (error: Interrupted) => void): void {
  endCommand = end;
  listen();
}

/** Signals are listened to while there is something to do about them. */
function listen(): void {
  for (const signal of signals) {
    process.off(signal, receive);
    if (endCommand || underWay.size > 0) process.on(signal, receive);
  }
}

/** Milliseconds in which the same interrupt arrives twice: from the terminal, and from npx, which hands it on. */
const echoMs = 1000;
let lastAt = Number.NEGATIVE_INFINITY;

function receive(signal: NodeJS.Signals): void {
  const at = performance.now();
  if (at - lastAt < echoMs) return;
  lastAt = at;
  const asked = [...underWay].filter(({ next }) => next.length > 0);
  if (asked.length === 0) {
    endCommand?.(
      interrupted(signal as Interrupt, underWay.size > 0 ? "what was waited for goes on by itself" : undefined),
    );
    return;
  }
  const said = new Set<string>();
  for (const work of asked) {
    const [now, ...next] = work.next;
    work.received ??= signal as Interrupt;
    work.next = next;
    if (now?.says) said.add(now.says);
    now?.does();
  }
  if (said.size > 0) tell(`interrupted: ${[...said].join("; ")}`);
}
