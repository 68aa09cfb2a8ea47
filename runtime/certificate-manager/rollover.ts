import { z } from "zod";
import { readFacts } from "../x509/facts";
import { renewalByLifetime } from "./renewal";

const Authority = z.object({
  /** PEM that peers trust. */
  certificate: z.string().min(1),
  /** Key that signs; or the authority in ACM PCA that does. */
  privateKey: z.string().min(1).optional(),
  arn: z.string().min(1).optional(),
});
export type Authority = z.output<typeof Authority>;

/**
 * The authorities of an issuer. One is replaced in three steps, so that at no moment two servers meet that do not trust
 * each other: `next` is trusted by all before it signs, then it is `current` and the old one, as `previous`, stays
 * trusted until no certificate that it signed is in use.
 */
export const AuthoritySet = z.object({
  version: z.literal(1),
  current: Authority,
  next: Authority.optional(),
  previous: Authority.optional(),
  /** Time since which every certificate is stored as the present step requires. */
  readySince: z.iso.datetime().optional(),
});
export type AuthoritySet = z.output<typeof AuthoritySet>;

/**
 * Time for whoever cannot be asked to take over the stored values: programs read them when they start, and are
 * started again once servers serve what they do not trust; linked clusters when they are deployed. Servers are asked after it. It is longer than the time between two runs:
 * another manager that shares the authority has run before the next step.
 */
export const graceMs = 24 * 3_600_000;

/** Authorities that are written beside each certificate: the signing one first. */
export const bundle = ({ current, next, previous }: AuthoritySet): string =>
  [current, next, previous]
    .map((authority) => authority?.certificate.trim() ?? "")
    .filter(Boolean)
    .join("\n")
    .concat("\n");

const toleranceMs = 5 * 60_000;

export interface RolloverInput {
  now: Date;
  set: AuthoritySet;
  /** An operator requests another authority, or ACM PCA has another one. */
  replace: boolean;
  /** Each certificate of the issuer is stored with the bundle of this set, signed by its current authority. */
  settled: boolean;
}

/** The next step; undefined while there is nothing to do but to wait. */
export type RolloverStep = "introduce" | "replace" | "ready" | "unready" | "switch" | "retire";

export function rolloverStep({ now, set, replace, settled }: RolloverInput): RolloverStep | undefined {
  const lifetime = readFacts(set.current.certificate);
  if (!set.next && !set.previous) {
    // Nobody trusts an authority that has ended: there is nothing to overlap with.
    if (lifetime.notAfter <= now) return "replace";
    // The owner of an authority in ACM PCA watches its end.
    const due = set.current.arn === undefined && now >= renewalByLifetime(lifetime);
    return due || replace ? "introduce" : undefined;
  }
  if (set.next && lifetime.notAfter <= now) return "switch";
  if (!settled) return set.readySince ? "unready" : undefined;
  if (!set.readySince) return "ready";
  const waitedMs = now.getTime() - new Date(set.readySince).getTime();
  // The clock that recorded it was ahead: the wait starts again.
  if (waitedMs < -toleranceMs) return "unready";
  if (waitedMs < graceMs) return undefined;
  return set.next ? "switch" : "retire";
}

/**
 * Whether every server has to have loaded what is stored before the step. An authority that has ended is trusted by nobody:
 * there is nothing to wait for.
 */
export const needsProof = ({ current }: AuthoritySet, step: RolloverStep, now: Date): boolean =>
  step === "retire" || (step === "switch" && readFacts(current.certificate).notAfter > now);

/**
 * The set after a step.
 *
 * @param fresh the new authority, for `introduce` and `replace`
 */
export function afterStep(set: AuthoritySet, step: RolloverStep, now: Date, fresh?: Authority): AuthoritySet {
  const { readySince: _, ...rest } = set;
  switch (step) {
    case "ready":
      return { ...rest, readySince: now.toISOString() };
    case "unready":
      return rest;
    case "switch":
      return set.next ? { version: 1, current: set.next, previous: set.current } : rest;
    case "retire":
      return { version: 1, current: set.current };
    default:
      if (!fresh) return rest;
      return step === "replace" ? { version: 1, current: fresh } : { version: 1, current: set.current, next: fresh };
  }
}
