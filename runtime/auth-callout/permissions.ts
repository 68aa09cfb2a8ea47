import { IdentityError, inboxPrefix, serviceInboxPrefix, userName } from "../client/identity";
import { type Answers, answersOfService, answersOfUser, belowRoots } from "./answers";
import { type Claims, holds } from "./claims";
import { expand, MAX_SUBJECTS } from "./expand";
import type { DenialReason } from "./reasons";
import type { AuthRules, Rule, Service } from "./rules";

/** Subjects of one direction. An empty `allow` never occurs: to NATS it would mean everything. */
export interface SubjectPermissions {
  allow: string[];
  deny: string[];
}

/** Account, name and permissions of an identity. */
export interface Grant {
  /** Key of the rules' accounts. */
  account: string;
  /** The user's name on the server: `user:` and the encoded `sub`, or a service's name from the rules. */
  name: string;
  publish: SubjectPermissions;
  subscribe: SubjectPermissions;
  /** NATS's own right to answer, on whatever subject a request names. Only services that the rules say so of have it. */
  responses?: { max: number; expiresMs: number };
}

/** Contribution of one rule. */
export interface RuleExplanation {
  /** Position in the rules. */
  rule: number;
  account: string;
  /**
   * `granted`, or the reason against it: a condition that does not hold, or another account that an earlier rule
   * decided.
   */
  outcome: "granted" | "condition" | "other_account";
  /** Claims that placeholders need and that are missing or unusable. */
  missing: string[];
}

/** Grant or denial of an identity, with the contribution of each rule. */
export type Explanation = { rules: RuleExplanation[] } & ({ grant: Grant } | { denied: DenialReason; detail: string });

type Direction = "publish" | "subscribe";
/**
 * Most bytes of all lists together. Longer ones could exceed the payload that servers accept, and leave no answer at
 * all.
 */
const MAX_SUBJECT_BYTES = 64 * 1024;
/** As in NATS. */
const RESPONSES = { max: 1, expiresMs: 120_000 };

/**
 * Explains which permissions the rules give to the holder of a token. Pure; the responder decides by it and a dry run
 * shows it.
 *
 * The first rule that applies decides the account; the permissions are the union of all rules of that account that
 * apply. A deny goes before every allow, also before those of other rules.
 */
export function explainPermissions(rules: AuthRules, claims: Claims & { sub: string }): Explanation {
  const applies = rules.permissions.map(({ when = [] }) => when.every((condition) => holds(condition, claims)));
  const account = rules.permissions.find((_, index) => applies[index])?.account;
  const granted = rules.permissions.filter((rule, index) => applies[index] && rule.account === account);
  const explained = rules.permissions.map((rule, index) => ({
    rule: index,
    account: rule.account,
    outcome: !applies[index] ? "condition" : rule.account === account ? "granted" : "other_account",
    missing: granted.includes(rule) ? missingClaims(rule, claims) : [],
  })) satisfies RuleExplanation[];
  const denied = (reason: DenialReason, detail: string) => ({ rules: explained, denied: reason, detail });

  let name: string;
  try {
    name = userName(claims.sub);
  } catch (error) {
    if (error instanceof IdentityError) return denied("identity_refused", error.message);
    throw error;
  }
  if (account === undefined) return denied("no_rule", "no rule applies");

  const publish = unite(granted, "publish", claims);
  const subscribe = unite(granted, "subscribe", claims);
  if (!publish || !subscribe) return denied("too_many_subjects", `more than ${MAX_SUBJECTS} in one list`);
  if (length(publish) + length(subscribe) > MAX_SUBJECT_BYTES)
    return denied("too_many_subjects", `more than ${MAX_SUBJECT_BYTES} bytes of subjects`);
  const answers = granted.some(({ allowResponses }) => allowResponses)
    ? answersOfUser(rules, account, claims.sub, { publish, subscribe })
    : undefined;
  const grant = {
    account,
    name,
    publish: closed(withAnswers(publish, answers)),
    subscribe: { ...subscribe, allow: [...subscribe.allow, ...belowRoots(rules, [`${inboxPrefix(claims.sub)}.>`])] },
  };
  return { rules: explained, grant };
}

/**
 * Permissions that the rules give to a service that proved its nkey.
 *
 * It may publish to its own inboxes too, as health checks do (`nats server check connection`). Nobody else may subscribe
 * there, so all that it reaches is itself; traces of its own messages are among that.
 */
export function servicePermissions(rules: AuthRules, publicNkey: string, service: Service): Grant {
  const { account, name, publish, subscribe, allowResponses } = service;
  const inboxes = belowRoots(rules, [`${serviceInboxPrefix(publicNkey)}.>`]);
  const answers = allowResponses === true ? answersOfService(rules, publicNkey, service) : undefined;
  const own = { allow: [...publish.allow, ...inboxes], deny: publish.deny ?? [] };
  return {
    account,
    name,
    publish: withAnswers(own, answers),
    subscribe: { allow: [...subscribe.allow, ...inboxes], deny: subscribe.deny ?? [] },
    ...(allowResponses === "any-subject" && { responses: RESPONSES }),
  };
}

const withAnswers = ({ allow, deny }: SubjectPermissions, answers?: Answers): SubjectPermissions =>
  answers
    ? { allow: [...new Set([...allow, ...answers.allow])], deny: [...new Set([...deny, ...answers.deny])] }
    : { allow, deny };

/** The subjects of one direction; undefined when there are too many. */
function unite(rules: readonly Rule[], direction: Direction, claims: Claims): SubjectPermissions | undefined {
  const allow = new Set<string>();
  const deny = new Set<string>();
  for (const rule of rules) {
    const denied = expandAll(rule[direction].deny ?? [], claims);
    const allowed = expandAll(rule[direction].allow, claims);
    if (!denied.subjects || !allowed.subjects) return undefined;
    for (const subject of denied.subjects) deny.add(subject);
    // A deny that cannot be stated takes the rule's allow with it: leaving out the exception would widen the rule.
    if (denied.missing.length === 0) for (const subject of allowed.subjects) allow.add(subject);
  }
  return allow.size > MAX_SUBJECTS || deny.size > MAX_SUBJECTS ? undefined : { allow: [...allow], deny: [...deny] };
}

function expandAll(templates: readonly string[], claims: Claims): { subjects?: string[]; missing: string[] } {
  const expansions = templates.map((template) => expand(template, claims));
  const missing = expansions.flatMap((expansion) => expansion.missing);
  const subjects = expansions.map((expansion) => expansion.subjects);
  return subjects.every((list) => list !== undefined) ? { subjects: subjects.flat(), missing } : { missing };
}

const missingClaims = ({ publish, subscribe }: Rule, claims: Claims): string[] => [
  ...new Set([publish, subscribe].flatMap(({ allow, deny = [] }) => expandAll([...allow, ...deny], claims).missing)),
];

/** Claims are encoded to ASCII; a rule's own text may hold more, but not enough to matter. */
const length = ({ allow, deny }: SubjectPermissions): number =>
  [...allow, ...deny].reduce((sum, { length }) => sum + length, 0);

/** To NATS an empty allow list means everything. */
const closed = ({ allow, deny }: SubjectPermissions): SubjectPermissions =>
  allow.length === 0 ? { allow, deny: [">"] } : { allow, deny };
