/** `error`: it will not work, or data or secrets will be lost. `warning`: it works, and should be a decision. */
export type Severity = "error" | "warning";

/** Entry of a rule in the reference. */
export interface RuleInfo {
  /** Kebab-case and stable: acknowledgements name it. */
  readonly id: string;
  readonly severity: Severity;
  /**
   * Nothing makes it work: nats-server, AWS or one of natsform's programs refuses it, whatever is around it. An
   * acknowledgement does not count. Without it an error is dangerous, and may be accepted.
   */
  readonly impossible?: true;
  /** One sentence that is wrong with the environment, without values. */
  readonly title: string;
  /** Consequence, with the evidence. */
  readonly reason: string;
  readonly fix: string;
}

/** One path at which a rule does not hold. */
export interface Hit {
  /** Path to change, such as `streams[0].replicas`, or the address of a planned resource. */
  readonly at: string;
  /** Problem at this path, with the values found. */
  readonly message: string;
  /** Advice that fits better than the rule's own. */
  readonly fix?: string;
  /** Of an impossible rule: here something else may make it work. */
  readonly acknowledgeable?: boolean;
  /** What the rule reads is not known: it neither holds nor is broken. Says what is unknown, and is never an error. */
  readonly cannotTell?: true;
}

/** A rule over any model: an environment with its topology, or a Terraform plan. */
export interface Rule<Context> extends RuleInfo {
  check(context: Context): Hit[];
}

/** A hit with the data of its rule. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** No acknowledgement counts. */
  readonly impossible?: true;
  /** Nobody knows: what the rule reads is unknown. */
  readonly cannotTell?: true;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}
