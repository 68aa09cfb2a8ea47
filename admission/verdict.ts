import type { Environment, FileProblems, FoundTrust } from "../model/config";
import type { LintResult } from "../model/lint";
import type { Topology } from "../model/topology";

/**
 * What an environment is let in for. A twin and the emulated AWS make their own keys; what is removed may be wrong in
 * every way that does not keep it from being synthesized.
 */
export type Purpose = "deployment" | "emulation" | "twin" | "removal";

export interface Candidate {
  environment: Environment;
  topology: Topology;
  /** Left out while it is open: what only a deployment refuses is then a warning. */
  purpose?: Purpose;
  /** The trust file that it goes by; left out where keys have yet to be made. */
  trust?: FoundTrust;
  /** `YYYY-MM-DD`: acknowledgements end. */
  today: string;
}

/** Everything that is said about an environment, at once. */
export interface Verdict {
  environment: string;
  /** Errors of its files. */
  problems: FileProblems[];
  lint: LintResult;
}

/** Whether nothing stands against it. */
export const isAdmitted = ({ problems, lint }: Verdict): boolean =>
  problems.length === 0 && lint.findings.every(({ severity }) => severity !== "error");
