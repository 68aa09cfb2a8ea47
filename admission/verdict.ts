import type { Environment, FileProblems, FoundTrust } from "../model/config";
import type { LintResult } from "../model/lint";
import type { Topology } from "../model/topology";

/**
 * Purpose for which an environment is admitted. A twin and the emulated AWS make their own keys. A removal accepts
 * every error that does not prevent the synthesis.
 */
export type Purpose = "deployment" | "emulation" | "twin" | "removal";

export interface Candidate {
  environment: Environment;
  topology: Topology;
  /** Left out while it is open: what only a deployment refuses is then a warning. */
  purpose?: Purpose;
  /** Trust file of the environment; left out where keys have yet to be made. */
  trust?: FoundTrust;
  /** `YYYY-MM-DD`: acknowledgements end. */
  today: string;
}

/** Every problem and finding of an environment. */
export interface Verdict {
  environment: string;
  /** Errors of its files. */
  problems: FileProblems[];
  lint: LintResult;
}

/** True without problems and without findings that are errors. */
export const isAdmitted = ({ problems, lint }: Verdict): boolean =>
  problems.length === 0 && lint.findings.every(({ severity }) => severity !== "error");
