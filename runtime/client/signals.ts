import type { Logger } from "./observe/log";

/** Options of {@link drainOnSignals}. */
export interface SignalOptions {
  /** @default SIGTERM and SIGINT */
  signals?: readonly NodeJS.Signals[];
  /** What else is to end before the process does, such as an HTTP server. Runs after the drain. */
  then?: () => unknown;
  /** Ends the process when everything is drained. @default true */
  exit?: boolean;
  logger?: Pick<Logger, "info" | "error">;
}

/**
 * Drains clients at the first signal, then ends the process; a second signal ends it at once. Give the platform more time
 * than `drainTimeoutMs` and two flushes of 2 seconds: ECS and Kubernetes wait 30 seconds unless told otherwise.
 *
 * @returns a function that takes the signal handlers off again
 */
export function drainOnSignals(
  clients: { drain(): Promise<void> } | readonly { drain(): Promise<void> }[],
  { signals = ["SIGTERM", "SIGINT"], then, exit = true, logger }: SignalOptions = {},
): () => void {
  let draining = false;
  const end = async (signal: NodeJS.Signals) => {
    // As a shell reports a process that a signal ended.
    if (draining) process.exit(signal === "SIGINT" ? 130 : 143);
    draining = true;
    let code = 0;
    try {
      logger?.info({ signal }, "NATS client drains");
      await Promise.all([clients].flat().map((client) => client.drain()));
      await then?.();
    } catch (error) {
      code = 1;
      logger?.error({ error: String(error) }, "the program did not end in order");
    }
    if (exit) process.exit(code);
  };
  const handlers = signals.map((signal) => [signal, () => void end(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
