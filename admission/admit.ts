import type { FileProblems } from "../model/config";
import { lint } from "../model/lint";
import { reviewRules } from "../model/review";
import { chartProblems } from "./chart-problems";
import { responderProblems } from "./responder-problems";
import { judgeTrustFile } from "./trust-file";
import type { Candidate, Verdict } from "./verdict";

/**
 * Decides whether an environment may be deployed. Callers are natsform check, up and deploy, and main.ts for CDKTF's
 * own commands. Pure.
 *
 * The environment file is valid in itself: parseEnvironment refuses any other.
 */
export function admit(candidate: Candidate): Verdict {
  const { environment, topology, purpose, today } = candidate;
  const trust = judgeTrustFile(candidate);
  if (purpose === "removal") {
    return { environment: environment.name, problems: trust.problems, lint: { findings: [], acknowledged: [] } };
  }
  const { findings, acknowledged } = lint(
    environment,
    topology,
    today,
    reviewRules.map(({ id }) => id),
  );
  const found = new Set(findings.map(({ at }) => at));
  const own: FileProblems = {
    file: `environments/${environment.name}.ts`,
    problems: [...chartProblems(topology), ...responderProblems(environment, topology, found)],
  };
  return {
    environment: environment.name,
    problems: [...(own.problems.length > 0 ? [own] : []), ...trust.problems],
    lint: { findings: [...findings, ...trust.findings], acknowledged },
  };
}
