import type { Environment } from "../../model/config";
import { lint } from "../../model/lint";
import { buildTopology } from "../../model/topology";
import { UserError } from "./project";

/**
 * Refuses an environment with errors that lint finds, before anything of its twin is made.
 *
 * @param today `YYYY-MM-DD`
 * @returns how many findings are left
 * @throws UserError with all of them
 */
export function refuseFindings(environment: Environment, today: string): string {
  const { findings, acknowledged } = lint(environment, buildTopology(environment), today);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const list = errors.map(({ at, message, rule }) => `  ✖ ${at}: ${message} (${rule})`).join("\n");
    const count = errors.length === 1 ? "one lint error" : `${errors.length} lint errors`;
    throw new UserError(
      `${environment.name} has ${count}:\n${list}`,
      `natsform check ${environment.name} explains them`,
    );
  }
  return `${findings.length} warnings, ${acknowledged.length} acknowledged`;
}
