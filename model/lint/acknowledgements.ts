import { nearest } from "../config/known-keys";
import type { Finding, Hit, Rule } from "./rule";

/** A finding that is known and accepted until a day. The same form for every kind of rule. */
export interface Acknowledgement {
  readonly rule: string;
  readonly at?: string;
  readonly reason: string;
  readonly expires: string;
}

export interface AcknowledgementContext {
  readonly acknowledgements: readonly Acknowledgement[];
  readonly findings: readonly Finding[];
  readonly known: readonly string[];
  readonly elsewhere: readonly string[];
  readonly today: string;
}

type Check = (acknowledgement: Acknowledgement, pathText: string, context: AcknowledgementContext) => Hit[];

const each = (check: Check) => (context: AcknowledgementContext) =>
  context.acknowledgements.flatMap((acknowledgement, i) => check(acknowledgement, `acknowledge[${i}]`, context));

/** Days are compared as text: `expires` is the first day on which it no longer counts. */
export const isExpired = (expires: string, today: string): boolean => today >= expires;

export const matches = ({ rule, at }: Acknowledgement, finding: Finding): boolean =>
  rule === finding.rule && (at === undefined || at === finding.at);

const unknownRule: Rule<AcknowledgementContext> = {
  id: "acknowledgement-unknown-rule",
  severity: "error",
  title: "An acknowledgement names a rule that does not exist",
  reason: "It accepts nothing, although its author believes that it does.",
  fix: "name a rule as `natsform check` prints it",
  check: each(({ rule }, pathText, { known, elsewhere }) => {
    const ids = [...known, ...elsewhere];
    if (ids.includes(rule)) return [];
    const near = nearest(rule, ids);
    return [
      {
        at: `${pathText}.rule`,
        message: `there is no rule "${rule}"`,
        fix: near ? `did you mean "${near}"?` : undefined,
      },
    ];
  }),
};

const expired: Rule<AcknowledgementContext> = {
  id: "acknowledgement-expired",
  severity: "warning",
  title: "An acknowledgement has expired",
  reason: "What it accepted counts again. An exception without an end is a rule nobody remembers.",
  fix: "repair what it accepted, or decide again and give it a later day",
  check: each(({ rule, expires }, pathText, { today, known }) =>
    isExpired(expires, today) && known.includes(rule)
      ? [{ at: `${pathText}.expires`, message: `"${rule}" was accepted until ${expires}; today is ${today}` }]
      : [],
  ),
};

const unused: Rule<AcknowledgementContext> = {
  id: "acknowledgement-unused",
  severity: "warning",
  title: "An acknowledgement accepts nothing",
  reason: "It would silently accept the same finding when it comes back, for a reason that is no longer true.",
  fix: "remove it",
  check: each((acknowledgement, pathText, { findings, known, today }) => {
    const { rule, at } = acknowledgement;
    if (!known.includes(rule) || isExpired(acknowledgement.expires, today)) return [];
    const paths = findings.filter((finding) => finding.rule === rule).map((finding) => finding.at);
    if (at === undefined ? paths.length > 0 : paths.includes(at)) return [];
    const message = `"${rule}" finds nothing${at === undefined ? "" : ` at ${at}`}`;
    const fix = paths.length > 0 ? `its findings are at ${paths.join(", ")}` : undefined;
    return [{ at: at === undefined ? pathText : `${pathText}.at`, message, fix }];
  }),
};

const ofImpossible: Rule<AcknowledgementContext> = {
  id: "acknowledgement-of-impossible",
  severity: "error",
  title: "An acknowledgement accepts what cannot work",
  reason:
    "What nats-server, AWS or a program refuses is refused whoever accepts it, and after a part of the deployment.",
  fix: "repair what it is about, and remove it",
  check: each((acknowledgement, pathText, { findings, today }) =>
    !isExpired(acknowledgement.expires, today) &&
    findings.some((finding) => finding.impossible && matches(acknowledgement, finding))
      ? [{ at: `${pathText}.rule`, message: `nothing makes work what "${acknowledgement.rule}" finds` }]
      : [],
  ),
};

/** Rules about acknowledgements themselves. They cannot be acknowledged. */
export const acknowledgementRules: readonly Rule<AcknowledgementContext>[] = [
  unknownRule,
  ofImpossible,
  expired,
  unused,
];
