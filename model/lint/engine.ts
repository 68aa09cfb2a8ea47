import {
  type Acknowledgement,
  type AcknowledgementContext,
  acknowledgementRules,
  isExpired,
  matches,
} from "./acknowledgements";
import type { Finding, Rule } from "./rule";

/** A finding that the operator accepts for a time. */
export type AcknowledgedFinding = Finding & { readonly reason: string; readonly expires: string };

export interface LintResult {
  /** Findings that are not acknowledged, in the order of the rules. */
  findings: Finding[];
  acknowledged: AcknowledgedFinding[];
}

/** Runs rules over one model, whatever the model is. */
export function runRules<Context>(rules: readonly Rule<Context>[], context: Context): Finding[] {
  return rules.flatMap((rule) =>
    rule.check(context).map(({ at, message, fix, acknowledgeable, cannotTell }) => ({
      rule: rule.id,
      severity: cannotTell ? "warning" : rule.severity,
      ...(rule.impossible && !acknowledgeable && !cannotTell && { impossible: true as const }),
      ...(cannotTell && { cannotTell }),
      at,
      message,
      fix: fix ?? rule.fix,
    })),
  );
}

/**
 * Sets aside the findings that are acknowledged and reports the acknowledgements that are not right.
 *
 * @param known ids of the rules that made the findings
 * @param elsewhere ids of rules that other checks run; what acknowledges them is left for those checks to judge
 * @param today `YYYY-MM-DD`: an acknowledgement counts up to the day before it expires
 */
export function judge(
  findings: readonly Finding[],
  acknowledgements: readonly Acknowledgement[],
  rules: { known: readonly string[]; elsewhere?: readonly string[] },
  today: string,
): LintResult {
  const context: AcknowledgementContext = {
    acknowledgements,
    findings,
    known: [...rules.known, ...acknowledgementRules.map(({ id }) => id)],
    elsewhere: rules.elsewhere ?? [],
    today,
  };
  const result: LintResult = { findings: [], acknowledged: [] };
  for (const finding of findings) {
    const accepted = finding.impossible
      ? undefined
      : acknowledgements.find((candidate) => !isExpired(candidate.expires, today) && matches(candidate, finding));
    if (accepted) result.acknowledged.push({ ...finding, reason: accepted.reason, expires: accepted.expires });
    else result.findings.push(finding);
  }
  result.findings.push(...runRules(acknowledgementRules, context));
  return result;
}
