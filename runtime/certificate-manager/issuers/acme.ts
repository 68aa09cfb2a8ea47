import type { Logger } from "pino";
import { splitPem } from "../../x509/pem";
import { createRequest } from "../../x509/request";
import type { Challenges } from "../acme/challenges";
import type { AcmeServer, Pause } from "../acme/server";
import type { CertificateSecret } from "../contract";
import type { Attempt, Issuer, Ports } from "../ports";
import { bounded } from "./bounded";

const firstPauseMs = 200;
const longestPauseMs = 10_000;
/**
 * Route 53 needs a minute at most. A zone that takes longer is not validated: a failed check counts against a limit.
 */
const zoneMs = 120_000;

export interface AcmeIssuerProps {
  server(): Promise<AcmeServer>;
  /** A server without limits, for attempts after a failure. */
  staging?: () => Promise<AcmeServer>;
  challenges: Challenges;
  sleep: Ports["sleep"];
  log: Logger;
}

/** Certificates of an ACME server, with DNS-01 challenges. */
export function acmeIssuer({ server, staging, challenges, sleep, log }: AcmeIssuerProps): Issuer {
  return {
    async issue(attempt) {
      if (attempt.afterFailure && staging) {
        await run(await staging(), { ...attempt, replaces: undefined, finalizing: async () => undefined });
        log.info({ certificate: attempt.certificate.id }, "the staging server has issued; now the production server");
      }
      return run(await server(), attempt);
    },
  };

  async function run(acme: AcmeServer, attempt: Attempt): Promise<CertificateSecret> {
    const { signal, certificate } = attempt;
    const pause: Pause = (count) => sleep(Math.min(firstPauseMs * 2 ** count, longestPauseMs), signal);
    const order = await bounded(signal, acme.order(certificate.names, attempt.replaces));
    if (order.challenges.length > 0) {
      try {
        await attempt.remember(order.challenges);
        // Never left running in the background: it would write what was just removed.
        await challenges.add(order.challenges, upTo(zoneMs, pause));
        await bounded(signal, order.validate(pause));
      } finally {
        // Not within the run's time, which reserves some for this.
        await challenges
          .remove(order.challenges)
          .then(() => attempt.remember([]))
          .catch((error) => log.warn({ reason: error.message }, "challenges stay in the zone until the next run"));
      }
    }
    const { privateKey, request } = await createRequest(certificate.names);
    await attempt.finalizing();
    const [own = "", ...chain] = splitPem(await bounded(signal, order.finalize(request, pause)));
    return { certificate: own, chain: chain.join(""), privateKey, authorities: "" };
  }
}

/** Gives up when all pauses together are longer. */
function upTo(limitMs: number, pause: Pause): Pause {
  let waitedMs = 0;
  return async (attempt) => {
    if (waitedMs >= limitMs) throw new Error(`the zone is not in sync after ${limitMs / 1000} seconds`);
    waitedMs += Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
    await pause(attempt);
  };
}
