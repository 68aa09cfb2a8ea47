import type { Environment } from "../config";
import type { Topology } from "../topology";
import { judge, type LintResult, runRules } from "./engine";
import { rules } from "./rules";

/**
 * Finds what is legal and still wrong in an environment. Pure: the same environment and day give the same findings.
 *
 * @param today `YYYY-MM-DD`
 * @param elsewhere ids of rules of other checks, such as those of Terraform plans, that acknowledgements may name too
 */
export function lint(
  environment: Environment,
  topology: Topology,
  today: string,
  elsewhere: readonly string[] = [],
): LintResult {
  const findings = runRules(rules, { environment, topology });
  const known = rules.map(({ id }) => id);
  return judge(findings, environment.acknowledge, { known, elsewhere }, today);
}
