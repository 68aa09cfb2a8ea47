import { renewalId } from "../x509/facts";
import { AcmeProblem } from "./acme/http";
import { backoffMs } from "./backoff";
import { type CertificateSecret, certificateMetrics, type ManagedCertificate } from "./contract";
import { inspectIssued } from "./inspect";
import { type CertificateStatus, isReadable, observe } from "./observe";
import type { Lease } from "./ports";
import { bundle } from "./rollover";
import { isPrivate, type Run, reasonOf } from "./run";
import type { CertificateState } from "./state";

/** Result of a run with the lease for one certificate. */
export type Result = { outcome: "kept" | "issued" } | { outcome: "failed"; reason: string };

/** Carries out the decision about one certificate, with the lease. A failure does not affect the others. */
export async function keepValid(run: Run, certificate: ManagedCertificate, lease: Lease): Promise<Result> {
  const { ports } = run;
  const found = await observe(run, certificate);
  if (!isReadable(found)) return { outcome: "failed", reason: found.error };
  const status = await withoutLeftovers(run, found, lease);
  if (status.decision.action === "keep" || status.decision.action === "wait") return { outcome: "kept" };
  try {
    const outcome = await act(run, status, lease);
    if (outcome === "issued") ports.metric(certificate.secret, { [certificateMetrics.issued]: 1 });
    return { outcome };
  } catch (error) {
    const reason = reasonOf(error);
    ports.metric(certificate.secret, { [certificateMetrics.failures]: 1 });
    ports.log.error({ certificate: certificate.id, reason }, "not renewed");
    return { outcome: "failed", reason };
  }
}

async function act(run: Run, status: CertificateStatus, lease: Lease): Promise<"issued" | "kept"> {
  const { certificate, decision, stored, authorities } = status;
  if (run.signal.aborted) throw new Error("the invocation's time is up");
  if (isPrivate(certificate.issuer) && !authorities) throw new Error(`${certificate.issuer} has no authority yet`);
  if (decision.action === "trust" && stored?.secret && authorities) {
    await publish(run, status, { ...stored.secret, authorities: bundle(authorities.set) }, lease);
    run.ports.log.info({ certificate: certificate.id }, "stored with other authorities");
    return "kept";
  }
  if (decision.action === "renew")
    run.ports.log.info({ certificate: certificate.id, reason: decision.reason }, "renewing");
  await renew(run, status, lease);
  return "issued";
}

/** Removes leftovers of a killed run: the holder of the lease knows that it no longer runs. */
async function withoutLeftovers(run: Run, status: CertificateStatus, lease: Lease): Promise<CertificateStatus> {
  const { challenges, unfinished } = status.state;
  if (challenges.length === 0 && !unfinished) return status;
  try {
    if (challenges.length > 0) await run.ports.removeChallenges(challenges);
    const state = { ...status.state, challenges: [], unfinished: false };
    await run.ports.states.saveCertificate(status.certificate.id, state, lease.token);
    return { ...status, state };
  } catch (error) {
    run.ports.log.warn({ certificate: status.certificate.id, reason: reasonOf(error) }, "leftovers stay");
    return status;
  }
}

/** Certificates that a public authority signed long ago are of no interest. */
const rememberedFinalizations = 10;

/**
 * Issues a certificate, verifies it, and only then stores it. The attempt is counted as a failure before it begins: a
 * run that is killed at any step leaves the stored certificate, and the next run waits as after any failure.
 *
 * @throws with the reason, which is stored with the time of the next attempt
 */
async function renew(run: Run, status: CertificateStatus, lease: Lease): Promise<void> {
  const { ports } = run;
  const { certificate, fingerprint } = status;
  const before = status.state.fingerprint === fingerprint ? status.state.failures : 0;
  let state: CertificateState = {
    ...status.state,
    fingerprint,
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
      set: status.authorities?.set,
      replaces: replaced(status),
      afterFailure: before > 0,
      remember: (challenges) => save({ challenges }),
      finalizing: () => save({ finalizations: [...state.finalizations, ports.now()].slice(-rememberedFinalizations) }),
    });
    const { problems } = inspectIssued(issued, certificate, ports.now());
    if (problems.length > 0) throw new Error(`refused what was issued: ${problems.join("; ")}`);
    await publish(run, status, issued, lease);
  } catch (error) {
    const nextTryAt = laterOf(state.nextTryAt, requestedWait(error, ports.now()));
    // Even when the reason cannot be stored, the failure counts.
    await save({ reason: reasonOf(error), nextTryAt, unfinished: false }).catch(() => undefined);
    throw error;
  }
  const source = isPrivate(certificate.issuer) ? undefined : run.settings.acme?.directoryUrl;
  await save({ failures: 0, reason: undefined, nextTryAt: undefined, unfinished: false, source }).catch((error) =>
    ports.log.warn({ certificate: certificate.id, reason: reasonOf(error) }, "stored, but still counted as failed"),
  );
}

/** Stores a certificate as one value, if this run still has the lease and nobody has written since it was read. */
async function publish(run: Run, status: CertificateStatus, issued: CertificateSecret, lease: Lease): Promise<void> {
  await lease.check();
  await run.ports.secrets.write(status.certificate.secret, JSON.stringify(issued), status.stored?.version);
}

/** The certificate that is replaced, if this ACME server has issued it. */
function replaced({ certificate, stored, state }: CertificateStatus): string | undefined {
  if (isPrivate(certificate.issuer) || state.source === undefined || !stored?.secret) return undefined;
  return stored.inspection.problems.length === 0 ? renewalId(stored.secret.certificate) : undefined;
}

function requestedWait(error: unknown, now: Date): Date | undefined {
  const ms = error instanceof AcmeProblem ? error.retryAfterMs : undefined;
  return ms === undefined ? undefined : new Date(now.getTime() + Math.min(ms, 24 * 3_600_000));
}

const laterOf = (a: Date | undefined, b: Date | undefined) => (a && b ? (a > b ? a : b) : (a ?? b));
