import { createHash } from "node:crypto";
import { afterLimit, longestWaitMs } from "./backoff";
import type { ManagedCertificate } from "./contract";
import type { Inspection } from "./inspect";
import { type RenewalWindow, renewalTime } from "./renewal";
import type { CertificateState } from "./state";

/** Action for a certificate. `valid`: the stored one can be used meanwhile. */
export type Decision =
  | { action: "keep" }
  /** The certificate stays; the authorities beside it have changed. */
  | { action: "trust" }
  | { action: "renew"; reason: string; valid: boolean }
  | { action: "wait"; reason: string; until: Date; valid: boolean };

export interface RenewalInput {
  now: Date;
  certificate: ManagedCertificate;
  /** `requestFingerprint` of the certificate. */
  fingerprint: string;
  /** The stored certificate; undefined when there is none. */
  stored?: Inspection & { authorities: string };
  state: CertificateState;
  /** ACME directory that a public certificate should come from. */
  directory?: string;
  renewalWindow?: RenewalWindow;
  /** Current authorities of a private issuer. */
  trust?: { bundle: string; signer: string };
  /** An operator requests it: neither a valid certificate nor a failure prevents it. */
  forced?: boolean;
}

type Judged = Omit<RenewalInput, "fingerprint">;

export function decide(input: RenewalInput): Decision {
  const { now, stored, state, fingerprint, trust, forced } = input;
  const valid = stored?.problems.length === 0;
  const reason = reasonToRenew(input);
  if (reason === undefined)
    return trust && trust.bundle !== stored?.authorities ? { action: "trust" } : { action: "keep" };
  if (forced) return { action: "renew", reason, valid };
  const until = notBefore(now, state, fingerprint);
  if (until) return { action: "wait", reason: state.reason ?? reason, until, valid };
  return { action: "renew", reason, valid };
}

/** Why a certificate is issued again; `undefined` while it is not due. */
export function reasonToRenew({ now, certificate, stored, state, directory, renewalWindow, trust, forced }: Judged) {
  if (forced) return "requested";
  if (!stored) return "none is stored";
  if (stored.problems.length > 0 || !stored.facts) return stored.problems.join("; ");
  if (certificate.issuer === "acme" && state.source !== undefined && state.source !== directory)
    return `it came from ${state.source}`;
  if (trust && stored.authority !== trust.signer) return "its authority is replaced";
  const at = renewalTime(stored.facts, renewalWindow, shareOf(stored.facts.notAfter, certificate.secret));
  return now >= at ? `due since ${at.toISOString()}` : undefined;
}

/** Time from which the next attempt may be made; undefined when it may be now. */
function notBefore(now: Date, state: CertificateState, fingerprint: string): Date | undefined {
  const limit = afterLimit(now, state.finalizations);
  const { nextTryAt } = state;
  const backoff =
    state.fingerprint === fingerprint &&
    nextTryAt &&
    nextTryAt > now &&
    nextTryAt.getTime() <= now.getTime() + longestWaitMs
      ? nextTryAt
      : undefined;
  return limit && (!backoff || limit > backoff) ? limit : backoff;
}

/** A number from 0 to 1 that belongs to one certificate. */
function shareOf(notAfter: Date, secret: string): number {
  const digest = createHash("sha256").update(`${secret} ${notAfter.toISOString()}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
