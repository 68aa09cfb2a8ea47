import { renewalId } from "../x509/facts";
import { AcmeProblem } from "./acme/http";
import { backoffMs } from "./backoff";
import type { CertificateSecret } from "./contract";
import { inspectIssued } from "./inspect";
import type { View } from "./look";
import type { Lease } from "./ports";
import { isPrivate, type Run, reasonOf } from "./run";
import type { CertificateState } from "./state";

/** Certificates that a public authority signed long ago are of no interest. */
const rememberedFinalizations = 10;

/**
 * Issues a certificate, verifies it, and only then stores it. The attempt is counted as a failure before it begins: a run
 * that is killed at any step leaves the stored certificate, and the next run waits as after any failure.
 *
 * @throws with the reason, which is kept with the instant of the next try
 */
export async function renew(run: Run, view: View, lease: Lease): Promise<void> {
  const { ports } = run;
  const { certificate, wish } = view;
  const before = view.state.wish === wish ? view.state.failures : 0;
  let state: CertificateState = {
    ...view.state,
    wish,
    failures: before + 1,
    reason: "a run was ended before it was done",
    unfinished: true,
    nextTryAt: new Date(ports.now().getTime() + backoffMs(before + 1, ports.random())),
  };
  const save = (change: Partial<CertificateState>) => {
    state = { ...state, ...change };
    return ports.states.saveCertificate(certificate.id, state, lease.token);
  };
  await save({});
  try {
    const issued = await ports.issuer(certificate.issuer).issue({
      certificate,
      now: ports.now(),
      signal: run.signal,
      set: view.authorities?.set,
      replaces: replaced(view),
      again: before > 0,
      remember: (challenges) => save({ challenges }),
      finalizing: () => save({ finalizations: [...state.finalizations, ports.now()].slice(-rememberedFinalizations) }),
    });
    const { problems } = inspectIssued(issued, certificate, ports.now());
    if (problems.length > 0) throw new Error(`refused what was issued: ${problems.join("; ")}`);
    await publish(run, view, issued, lease);
  } catch (error) {
    const nextTryAt = laterOf(state.nextTryAt, askedToWait(error, ports.now()));
    // When the reason cannot be kept either, the failure is counted all the same.
    await save({ reason: reasonOf(error), nextTryAt, unfinished: false }).catch(() => undefined);
    throw error;
  }
  const source = isPrivate(certificate.issuer) ? undefined : run.settings.acme?.directoryUrl;
  await save({ failures: 0, reason: undefined, nextTryAt: undefined, unfinished: false, source }).catch((error) =>
    ports.log.warn({ certificate: certificate.id, reason: reasonOf(error) }, "stored, but still counted as failed"),
  );
}

/** Stores a certificate as one value, if this run still has the lease and nobody has written since it looked. */
export async function publish(run: Run, view: View, issued: CertificateSecret, lease: Lease): Promise<void> {
  await lease.check();
  await run.ports.secrets.write(view.certificate.secret, JSON.stringify(issued), view.stored?.version);
}

/** The certificate that is replaced, if the server that is asked has issued it. */
function replaced({ certificate, stored, state }: View): string | undefined {
  if (isPrivate(certificate.issuer) || state.source === undefined || !stored?.secret) return undefined;
  return stored.inspection.problems.length === 0 ? renewalId(stored.secret.certificate) : undefined;
}

function askedToWait(error: unknown, now: Date): Date | undefined {
  const ms = error instanceof AcmeProblem ? error.retryAfterMs : undefined;
  return ms === undefined ? undefined : new Date(now.getTime() + Math.min(ms, 24 * 3_600_000));
}

const laterOf = (a: Date | undefined, b: Date | undefined) => (a && b ? (a > b ? a : b) : (a ?? b));
