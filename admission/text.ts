import { formatProblems } from "../model/config";
import type { Finding } from "../model/lint";
import { isAdmitted, type Verdict } from "./verdict";

/** A finding with its path, its rule and its fix. */
export const formatFinding = ({ severity, at, message, rule, fix }: Finding): string =>
  `  ${severity === "error" ? "✖" : "!"} ${at}: ${message} (${rule})${fix ? `\n    fix: ${fix}` : ""}`;

/** Text with every reason why an environment is refused. */
export function formatRefusal({ environment, problems, lint }: Verdict): string {
  const errors = lint.findings.filter(({ severity }) => severity === "error");
  const count = errors.length === 1 ? "one lint error" : `${errors.length} lint errors`;
  return [
    ...problems.map((one) => formatProblems(one.file, one.problems)),
    ...(errors.length > 0 ? [`${environment} has ${count}:`, ...errors.map(formatFinding)] : []),
  ].join("\n");
}

/** Thrown where an environment that is not admitted would be synthesized. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(verdict: Verdict) {
    super(formatRefusal(verdict));
  }
}

/** @throws RefusedError with everything that stands against it */
export function refuseUnadmitted(verdict: Verdict): void {
  if (!isAdmitted(verdict)) throw new RefusedError(verdict);
}
