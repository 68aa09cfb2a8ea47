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
    return this.observers.length === 0;
  }

  /** Watches work that gets the headers to send along. */
  async around<T>(operation: Operation, work: (headers: Headers | undefined) => Promise<T>): Promise<T> {
    if (this.none) return work(undefined);
    const began = performance.now();
    const observations = this.observers.map((observer) => observer.begin(operation));
    const end = (outcome: Outcome, error?: unknown) => {
      const seconds = (performance.now() - began) / 1000;
      for (const observation of observations) observation.end(outcome, seconds, error);
    };
    try {
      const result = await within(observations, () => work(headersOf(observations)));
      end("ok");
      return result;
    } catch (error) {
      end(error instanceof ClientError ? error.code : "error", error);
      throw error;
    }
  }
}

function headersOf(observations: readonly Observation[]): Headers | undefined {
  const added = observations.flatMap(({ headers }) => (headers ? [headers] : []));
  return added.length === 0 ? undefined : Object.assign({}, ...added);
}

const within = <T>(observations: readonly Observation[], work: () => T): T =>
  observations.reduce<() => T>((inner, { run }) => (run ? () => run(inner) : inner), work)();
