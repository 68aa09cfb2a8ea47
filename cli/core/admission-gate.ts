import { formatRefusal, isAdmitted, type Verdict } from "../../admission";
import { UserError } from "./project";

/** Why an environment is not let in, with everything that stands against it. */
export function refusal(verdict: Verdict): UserError | undefined {
  if (isAdmitted(verdict)) return undefined;
  return new UserError(formatRefusal(verdict), `natsform check ${verdict.environment} explains them`);
}
