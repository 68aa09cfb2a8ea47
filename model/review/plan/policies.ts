import { isSame } from "../../change";
import type { Hit } from "../../lint";
import type { ResourceJson } from "./format";
import type { PlanRule } from "./rules";

/** Attributes that hold a policy. */
const attributes = ["policy", "assume_role_policy", "inline_policy", "access_policy", "key_policy"];

interface Statement {
  Effect?: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  Principal?: unknown;
  Condition?: unknown;
}

function statementsOf(text: unknown): Statement[] | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const { Statement: found } = JSON.parse(text) as { Statement?: Statement | Statement[] };
    return found === undefined ? [] : [found].flat();
  } catch {
    return undefined;
  }
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** Resources in whose policies `*` is the resource itself: there is no other way to name it, and AWS writes its own so. */
const namesItselfByStar = /^aws_kms_(replica_|external_|replica_external_)?key(_policy)?$/;

/** What makes a statement wide, in words. @param type of the resource that has the policy */
function wideness(
  { Effect, Action, NotAction, Resource, Principal, Condition }: Statement,
  type: string,
): string | undefined {
  if (Effect !== "Allow") return undefined;
  const actions = list(Action);
  if (actions.some((action) => action === "*" || action === "*:*")) return "every action";
  if (NotAction !== undefined) return "every action but some";
  if (isAnybody(Principal) && Condition === undefined) return "everybody";
  const all = actions.filter((action) => /^[\w-]+:\*$/.test(action));
  if (namesItselfByStar.test(type)) return undefined;
  return all.length > 0 && list(Resource).includes("*") ? `${all.join(", ")} on everything` : undefined;
}

const isAnybody = (principal: unknown): boolean =>
  principal === "*" ||
  (typeof principal === "object" && principal !== null && Object.values(principal).flat().includes("*"));

/**
 * Policies that become wide. One that Terraform does not know yet, since it names what is not made yet, is judged by the text
 * that the stack was synthesized with.
 */
export const widePolicies: PlanRule = {
  id: "policy-widened",
  severity: "error",
  title: "A policy allows everything, or everybody",
  reason: "Whoever gets hold of the role, a program of it included, owns the account.",
  fix: "name the actions and the resources",
  check: ({ resource_changes = [], synthesized = {} }) =>
    resource_changes.flatMap((resource) =>
      attributes.flatMap((name) => hitsOf(resource, name, synthesized[resource.address])),
    ),
};

function hitsOf({ address, type, change }: ResourceJson, name: string, written: unknown): Hit[] {
  const of = (side: unknown) =>
    typeof side === "object" && side !== null ? (side as Record<string, unknown>)[name] : undefined;
  if (change.actions.join() === "no-op" || change.actions.join() === "delete") return [];
  const isUnknown = of(change.after_unknown) === true;
  const text = isUnknown ? of(written) : of(change.after);
  const now = statementsOf(text);
  if (isUnknown && now === undefined)
    return [
      { at: address, message: `${name} is known after apply, and no text of it was synthesized`, cannotTell: true },
    ];
  const before = statementsOf(of(change.before)) ?? [];
  return (now ?? [])
    .filter((statement) => !before.some((old) => isSame(old, statement)))
    .flatMap((statement) => {
      const wide = wideness(statement, type);
      return wide === undefined ? [] : [{ at: address, message: `${name} allows ${wide}` }];
    });
}
