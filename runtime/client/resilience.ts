import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type RetryPolicy,
  retry,
  wrap,
} from "cockatiel";
import { CircuitOpenError, ClientError } from "./errors";
import { mayRetry, RETRY_TABLE } from "./retry-table";

/** How often a request is sent, what {@link RETRY_TABLE} allows. */
export interface RetryOptions {
  /** Times that it is sent at most. @default 4 */
  attempts?: number;
  /** First pause; it doubles, and is left to chance in part. @default 100 */
  firstPauseMs?: number;
  /** @default 2000 */
  longestPauseMs?: number;
}

/** When requests to a subject are not sent any more. Timeouts and no responders count, nothing else. */
export interface BreakerOptions {
  /** Unanswered requests in a row that open the breaker. @default 10 */
  failures?: number;
  /** Milliseconds until one request is tried again. @default 5000 */
  trialAfterMs?: number;
}

/** Patterns with a breaker at most: beyond, the oldest breaker is forgotten, and is made anew when it is needed. */
const MAX_BREAKERS = 500;

/** Breakers, one for each subject pattern, and retries inside of them: a request that was retried counts once. */
export class Resilience {
  readonly #breakers = new Map<string, CircuitBreakerPolicy>();

  constructor(
    private readonly breaker: BreakerOptions | false,
    private readonly onBreaker: (pattern: string, state: "open" | "closed") => void,
  ) {}

  /** No breaker watches. */
  get none(): boolean {
    return this.breaker === false;
  }

  /** Runs `send`, again where that is safe. Rejects with what it rejects with, or CircuitOpenError. */
  run<T>(
    pattern: string,
    { retries, idempotent }: { retries: RetryOptions | false; idempotent: boolean },
    send: () => Promise<T>,
  ): Promise<T> {
    const breaker = this.breaker === false ? undefined : this.#breakerOf(pattern, this.breaker);
    const again = retries === false ? undefined : retryPolicy(retries, idempotent);
    if (!breaker) return again ? again.execute(send) : send();
    return (again ? wrap(breaker, again) : breaker).execute(send).catch((error: unknown) => {
      throw error instanceof BrokenCircuitError ? new CircuitOpenError(pattern) : error;
    });
  }

  /** Patterns whose breaker is open. */
  open(): string[] {
    return [...this.#breakers].filter(([, { state }]) => state === CircuitState.Open).map(([pattern]) => pattern);
  }

  #breakerOf(pattern: string, { failures = 10, trialAfterMs = 5000 }: BreakerOptions): CircuitBreakerPolicy {
    const known = this.#breakers.get(pattern);
    if (known) return known;
    if (this.#breakers.size >= MAX_BREAKERS) {
      const [oldest] = this.#breakers.keys();
      if (oldest !== undefined) this.#breakers.delete(oldest);
    }
    const made = circuitBreaker(
      handleWhen((error) => error instanceof ClientError && RETRY_TABLE[error.code].breaks),
      {
        halfOpenAfter: trialAfterMs,
        breaker: new ConsecutiveBreaker(failures),
      },
    );
    made.onBreak(() => this.onBreaker(pattern, "open"));
    made.onReset(() => this.onBreaker(pattern, "closed"));
    this.#breakers.set(pattern, made);
    return made;
  }
}

function retryPolicy(
  { attempts = 4, firstPauseMs = 100, longestPauseMs = 2000 }: RetryOptions,
  idempotent: boolean,
): RetryPolicy {
  return retry(
    handleWhen((error) => error instanceof ClientError && mayRetry(error.code, idempotent)),
    {
      maxAttempts: attempts - 1,
      // With its default generator: decorrelated jitter.
      backoff: new ExponentialBackoff({ initialDelay: firstPauseMs, maxDelay: longestPauseMs }),
    },
  );
}
