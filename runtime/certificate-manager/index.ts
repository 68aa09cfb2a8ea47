import { pino } from "pino";
import { EnsureRequest, type EnsureResponse } from "./contract";
import { ensure } from "./ensure";
import { loadSettings } from "./settings";
import { connect } from "./wiring";

/**
 * Part of an invocation's time that is reserved for cleaning up: removing challenges, releasing the lease, answering.
 */
const cleanUpMs = 20_000;

/**
 * AWS Lambda handler, for a schedule and for a deployment that waits for the certificates.
 *
 * @throws when a certificate is not stored and valid, with its id and the reason
 */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<EnsureResponse> {
  const request = EnsureRequest.parse(event ?? {});
  const settings = loadSettings(process.env);
  // Synchronous: the function is frozen as soon as it has answered.
  const destination = pino.destination({ dest: 1, sync: true });
  const log = pino({ name: "certificate-manager", level: settings.logLevel }, destination);
  const ports = connect(settings, log, (line) => destination.write(line));

  const remainingMs = context.getRemainingTimeInMillis();
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), remainingMs - Math.min(cleanUpMs, remainingMs / 4));
  try {
    return await ensure({
      settings,
      ports,
      signal: timeUp.signal,
      endsAt: () => new Date(ports.now().getTime() + context.getRemainingTimeInMillis()),
      renew: request.renew ?? [],
      roll: request.roll ?? [],
    });
  } finally {
    clearTimeout(timer);
  }
}
