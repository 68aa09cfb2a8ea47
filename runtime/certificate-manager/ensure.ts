import { tryStep } from "./authorities";
import { certificateMetrics, type EnsureResponse } from "./contract";
import { keepValid, type Result } from "./keep-valid";
import { type CertificateStatus, dueSteps, hasWork, isReadable, isValid, observeAll, type Unreadable } from "./observe";
import type { Lease } from "./ports";
import type { Run } from "./run";

/** Pauses between two checks while another run has the lease; each is longer than the one before. */
const observePauseMs = { first: 500, most: 8000 };

/**
 * Ensures that every certificate is stored and valid. One that fails does not stop the others.
 *
 * @throws with each certificate that is not stored and valid, and the reason
 */
export async function ensure(run: Run): Promise<EnsureResponse> {
  const { settings, ports } = run;
  refuseUnknown(run);
  const { lease, statuses } = await observeUntilIdle(run);
  const results = new Map<string, Result>();
  const failures: string[] = [];
  if (lease) {
    try {
      failures.push(...(await takeSteps(run, lease)));
      for (const certificate of settings.certificates)
        results.set(certificate.id, await keepValid(run, certificate, lease));
    } finally {
      await lease.release();
    }
  }
  const after = lease ? await observeAll({ ...run, renew: [] }) : statuses;
  const certificates: EnsureResponse["certificates"] = [];
  for (const status of after) {
    const reported = report(run, status, results.get(status.certificate.id));
    if ("entry" in reported) certificates.push(reported.entry);
    else failures.push(reported.failure);
  }
  if (failures.length > 0) throw new Error(`certificates are not as wanted:\n${failures.join("\n")}`);
  ports.log.info({ certificates }, "every certificate is valid");
  return { certificates };
}

function refuseUnknown({ settings: { certificates }, renew, roll }: Run): void {
  const unknown = [
    ...renew.filter((desired) => certificates.every(({ id }) => id !== desired)),
    ...roll.filter((desired) => desired === "acme" || certificates.every(({ issuer }) => issuer !== desired)),
  ];
  if (unknown.length > 0) throw new Error(`no certificate or private issuer of this name: ${unknown.join(", ")}`);
}

/** Observes until there is nothing to do, this run has the lease, or the time is up. */
async function observeUntilIdle(run: Run): Promise<{ lease?: Lease; statuses: (CertificateStatus | Unreadable)[] }> {
  const { ports, signal } = run;
  for (let attempt = 0; ; attempt++) {
    const statuses = await observeAll(run);
    if (!hasWork(run, statuses)) return { statuses };
    const lease = await ports.leases.take(run.endsAt());
    if (lease) return { lease, statuses };
    try {
      const pauseMs = Math.min(observePauseMs.first * 2 ** attempt, observePauseMs.most);
      await ports.sleep(pauseMs * (0.5 + ports.random() / 2), signal);
    } catch {
      ports.log.warn("another run held the lease during the whole of this one");
      return { statuses };
    }
  }
}

/** @returns reasons why authorities were not replaced although an operator requests it */
async function takeSteps(run: Run, lease: Lease): Promise<string[]> {
  const statuses = await observeAll(run);
  const failures: string[] = [];
  for (const [issuer, step] of dueSteps(run, statuses)) {
    const own = statuses.filter(isReadable).filter(({ certificate }) => certificate.issuer === issuer);
    const certificates = own.flatMap(({ certificate: { id }, stored }) =>
      stored?.secret ? [{ id, secret: stored.secret }] : [],
    );
    const stored = own[0]?.authorities;
    const failure = await tryStep(run, issuer, stored, certificates, step, lease);
    if (failure && (run.roll.includes(issuer) || !stored)) failures.push(`authority of ${issuer}: ${failure}`);
  }
  return failures;
}

/** Report on a certificate at the end: an entry of the answer, or the reason why there is none. */
type Report = { entry: EnsureResponse["certificates"][number] } | { failure: string };

const dayMs = 24 * 3_600_000;

/**
 * A certificate that is stored and valid is a success, even when its renewal failed: there is time, and metrics show
 * it. A renewal that an operator requested must succeed.
 */
function report(run: Run, status: CertificateStatus | Unreadable, result: Result | undefined): Report {
  const { id, secret } = status.certificate;
  const failure = (reason: string): Report => ({ failure: `${id} (${secret}): ${reason}` });
  if (!isReadable(status)) return failure(status.error);
  const notAfter = status.stored?.inspection.facts?.notAfter;
  const usable = isValid(status) && notAfter;
  const leftMs = usable ? notAfter.getTime() - run.ports.now().getTime() : 0;
  run.ports.metric(secret, {
    [certificateMetrics.daysLeft]: Math.max(0, Math.round((leftMs / dayMs) * 10_000) / 10_000),
  });

  const isUnfulfilled = run.renew.includes(id) && result?.outcome !== "issued";
  if (usable && !isUnfulfilled)
    return {
      entry: {
        id,
        secret,
        outcome: result?.outcome === "issued" ? "issued" : "kept",
        notAfter: notAfter.toISOString(),
      },
    };
  return failure(failureReason(status, result));
}

function failureReason({ decision, state, stored }: CertificateStatus, result: Result | undefined): string {
  const next = state.nextTryAt ? `; next try at ${state.nextTryAt.toISOString()}` : "";
  if (result?.outcome === "failed") return `${result.reason}${next}`;
  if (decision.action === "wait") return `${decision.reason}; next try at ${decision.until.toISOString()}`;
  const problems = stored ? stored.inspection.problems.join("; ") : "none is stored";
  return `${problems || "not renewed"}; another run was issuing until the time was up`;
}
