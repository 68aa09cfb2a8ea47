import { formatRefusal, isAdmitted, type Verdict } from "../../admission";
import { UserError } from "./project";

/** The error for an environment that must not be deployed, with every problem; `undefined` for one that may. */
export function refusal(verdict: Verdict): UserError | undefined {
  if (isAdmitted(verdict)) return undefined;
  return new UserError(formatRefusal(verdict), `natsform check ${verdict.environment} explains them`);
}
