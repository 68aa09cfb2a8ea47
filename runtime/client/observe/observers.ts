import { ClientError } from "../errors";
import type { Headers } from "../transport/link";
import type { Observation, Observer, Operation, Outcome } from "./observer";

/** Several observers as one. */
export class Observers {
  private readonly observers: readonly Observer[];

  constructor(observers: readonly (Observer | undefined)[]) {
    this.observers = observers.filter((observer) => observer !== undefined);
  }

  /** Nothing is watched: the way that costs nothing. */
  get none(): boolean {
    for (const observer of this.observers) if (isActive(observer)) return false;
    return true;
  }

  /** Watches work that gets the headers to send along. */
  around<T>(operation: Operation, work: (headers: Headers | undefined) => Promise<T>): Promise<T> {
    if (this.none) return work(undefined);
    const began = performance.now();
    const observations = this.observers.filter(isActive).map((observer) => observer.begin(operation));
    const end = (outcome: Outcome, error?: unknown) => {
      const seconds = (performance.now() - began) / 1000;
      for (const observation of observations) observation.end(outcome, seconds, error);
    };
    // No async function: each would be two more promises for every operation.
    return started(() => within(observations, () => work(headersOf(observations)))).then(
      (result) => {
        end("ok");
        return result;
      },
      (error: unknown) => {
        end(error instanceof ClientError ? error.code : "error", error);
        throw error;
      },
    );
  }
}

const isActive = (observer: Observer) => observer.isActive?.() ?? true;

/** A promise also of work that throws at once. */
function started<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

function headersOf(observations: readonly Observation[]): Headers | undefined {
  let all: Headers | undefined;
  for (const { headers } of observations) if (headers) all = all ? { ...all, ...headers } : headers;
  return all;
}

function within<T>(observations: readonly Observation[], work: () => T): T {
  let outermost = work;
  for (const { run } of observations) {
    const inner = outermost;
    if (run) outermost = () => run(inner);
  }
  return outermost();
}
