/** `error`: it will not work, or data or secrets will be lost. `warning`: it works, and somebody should have decided it. */
export type Severity = "error" | "warning";

/** What the reference says about a rule. */
export interface RuleInfo {
  /** Kebab-case and stable: acknowledgements name it. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence that is wrong with the environment, without values. */
  readonly title: string;
  /** Why it hurts, with the evidence. */
  readonly reason: string;
  readonly fix: string;
}

/** One place where a rule does not hold. */
export interface Hit {
  /** Where to change it: a path such as `streams[0].replicas`, or the address of a planned resource. */
  readonly at: string;
  /** What is wrong here, with the values found. */
  readonly message: string;
  /** When something better than the rule's own advice can be said. */
  readonly fix?: string;
}

/** A rule over any model: an environment with its topology, or a Terraform plan. */
export interface Rule<Context> extends RuleInfo {
  check(context: Context): Hit[];
}

/** A hit with what its rule says about it. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}
