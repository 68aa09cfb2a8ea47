import { renewalId } from "../x509/facts";
import { type Issued, nextStep, readAuthorities, type StoredSet, signerOf } from "./authorities";
import { CertificateSecret, type ManagedCertificate } from "./contract";
import { type Decision, decide } from "./decide";
import { type Inspection, inspect } from "./inspect";
import { bundle, type RolloverStep } from "./rollover";
import { isPrivate, type Run, reasonOf } from "./run";
import { type CertificateState, type RenewalInfo, requestFingerprint } from "./state";

/** A certificate as it is stored, with the decision about it. */
export interface CertificateStatus {
  certificate: ManagedCertificate;
  fingerprint: string;
  stored?: { secret?: CertificateSecret; version: string; inspection: Inspection };
  state: CertificateState;
  authorities?: StoredSet;
  decision: Decision;
}

/** Reason why a certificate could not be observed; the others are not affected. */
export interface Unreadable {
  certificate: ManagedCertificate;
  error: string;
}

export const isReadable = (status: CertificateStatus | Unreadable): status is CertificateStatus => "decision" in status;
export const isValid = (status: CertificateStatus): boolean => status.stored?.inspection.problems.length === 0;

/** Observes every certificate; changes nothing. */
export async function observeAll(run: Run): Promise<(CertificateStatus | Unreadable)[]> {
  return Promise.all(run.settings.certificates.map((certificate) => observe(run, certificate)));
}

export async function observe(run: Run, certificate: ManagedCertificate): Promise<CertificateStatus | Unreadable> {
  try {
    return await see(run, certificate);
  } catch (error) {
    return { certificate, error: reasonOf(error) };
  }
}

async function see(run: Run, certificate: ManagedCertificate): Promise<CertificateStatus> {
  const { ports, settings } = run;
  const [value, state, authorities] = await Promise.all([
    ports.secrets.read(certificate.secret),
    ports.states.certificate(certificate.id),
    isPrivate(certificate.issuer) ? readAuthorities(run, certificate.issuer) : undefined,
  ]);
  // Not before the first answers: they correct a clock that is wrong.
  const now = ports.now();
  const directory = settings.acme?.directoryUrl;
  const fingerprint = requestFingerprint(certificate, directory);
  const stored = value && { version: value.version, ...read(value.value, certificate, now) };
  const renewalInfo = stored && (await fetchRenewalInfo(run, certificate, stored));
  const decision = decide({
    now,
    certificate,
    fingerprint,
    state,
    directory,
    stored: stored && { ...stored.inspection, authorities: stored.secret?.authorities ?? "" },
    renewalWindow: renewalInfo?.window,
    trust: authorities && { bundle: bundle(authorities.set), signer: signerOf(authorities.set) },
    forced: run.renew.includes(certificate.id),
  });
  return { certificate, fingerprint, stored, state, authorities, decision };
}

function read(json: string, certificate: ManagedCertificate, now: Date) {
  try {
    const secret = CertificateSecret.parse(JSON.parse(json));
    return { secret, inspection: inspect(secret, certificate, now) };
  } catch {
    return { inspection: { problems: ["the stored value is no certificate"] } };
  }
}

const renewalIds = new Map<string, string | undefined>();

/** Parsing takes longer than the rest of an observation; a function sees the same certificates again and again. */
function renewalIdOf(pem: string): string | undefined {
  if (!renewalIds.has(pem)) {
    if (renewalIds.size > 100) renewalIds.clear();
    renewalIds.set(pem, renewalId(pem));
  }
  return renewalIds.get(pem);
}

const hourMs = 3_600_000;
/**
 * Renewal information is fetched at each run of a schedule, twice a day or more, but not at each of many runs in a row.
 */
const refetchMs = { least: hourMs, most: 6 * hourMs };

async function fetchRenewalInfo(
  { ports, settings }: Run,
  { id, issuer }: ManagedCertificate,
  { secret, inspection }: { secret?: CertificateSecret; inspection: Inspection },
): Promise<RenewalInfo | undefined> {
  const certificate = secret && inspection.problems.length === 0 ? renewalIdOf(secret.certificate) : undefined;
  if (issuer !== "acme" || !settings.acme || !certificate) return undefined;
  const saved = await ports.states.renewalInfo(id);
  const known = saved?.certificate === certificate ? saved : undefined;
  const now = ports.now().getTime();
  const waitMs = (known?.askAgainAt.getTime() ?? 0) - now;
  // An instant that is far away comes from a clock that was ahead.
  if (known && waitMs > 0 && waitMs <= 2 * refetchMs.most) return known;
  const answer = await ports.fetchRenewalInfo(certificate).catch((error) => {
    // Nothing depends on it: without an answer the previous one counts, or the lifetime.
    ports.log.warn({ certificate: id, reason: reasonOf(error) }, "the ACME server does not say when to renew");
    return { window: known?.window, retryAfterMs: refetchMs.least };
  });
  const againMs = Math.min(Math.max(answer.retryAfterMs ?? refetchMs.most, refetchMs.least), refetchMs.most);
  const info = { certificate, window: answer.window, askAgainAt: new Date(now + againMs) };
  await ports.states.saveRenewalInfo(id, info);
  return info;
}

/** Issuers of our own, each with its next step. */
export function dueSteps(
  run: Run,
  statuses: readonly (CertificateStatus | Unreadable)[],
): Map<string, RolloverStep | "create"> {
  const due = new Map<string, RolloverStep | "create">();
  for (const issuer of new Set(statuses.map(({ certificate }) => certificate.issuer).filter(isPrivate))) {
    const own = statuses.filter(({ certificate }) => certificate.issuer === issuer);
    // A certificate that cannot be read counts neither as settled nor as missing.
    if (!own.every(isReadable)) continue;
    const step = nextStep(run, issuer, own[0]?.authorities, own.map(toIssued));
    if (step) due.set(issuer, step);
  }
  return due;
}

const toIssued = (status: CertificateStatus): Issued => ({
  valid: isValid(status),
  authority: status.stored?.inspection.authority,
  authorities: status.stored?.secret?.authorities,
});

/** Returns whether any work needs the lease. */
export function hasWork(run: Run, statuses: readonly (CertificateStatus | Unreadable)[]): boolean {
  const isDue = (status: CertificateStatus) =>
    status.decision.action === "renew" ||
    status.decision.action === "trust" ||
    status.state.challenges.length > 0 ||
    // Another run may be at it now: its end is worth the wait.
    (status.state.unfinished && !isValid(status));
  return dueSteps(run, statuses).size > 0 || statuses.some((status) => isReadable(status) && isDue(status));
}
