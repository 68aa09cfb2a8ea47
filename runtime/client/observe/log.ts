import type { Observer } from "./observer";

/** Where logs go: pino and its kind, fields first. */
export interface Logger {
  debug?(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silent: Logger = { info() {}, warn() {}, error() {} };

const WORDS = { request: "request", publish: "publish", handle: "handling", consume: "message" } as const;

/** One line for each operation: `subject`, `duration` in milliseconds, `success`, `outcome`. Payloads never appear. */
export const logObserver = (logger: Logger): Observer => ({
  begin: ({ kind, pattern }) => ({
    end(outcome, seconds, error) {
      const success = outcome === "ok";
      const fields = { subject: pattern, duration: Math.round(seconds * 1e6) / 1000, success, outcome };
      if (success) logger.info(fields, `NATS ${WORDS[kind]} completed`);
      else logger.error({ ...fields, error: describe(error) }, `NATS ${WORDS[kind]} failed`);
    },
  }),
});

/** Text of an error for logs. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
