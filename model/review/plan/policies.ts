import { z } from "zod";
import { isSame } from "../../change";
import type { Hit } from "../../lint";
import { isGiven, isUnknown } from "./configured";
import type { PlanJson, ResourceJson } from "./format";
import type { PlanRule } from "./rules";

/** Attributes that hold a policy: its text, or a list of blocks that each have one. */
const attributes = ["policy", "assume_role_policy", "inline_policy", "access_policy", "key_policy", "policy_document"];

const names = z.union([z.string(), z.array(z.string())]).optional();
const Statement = z.object({
  Effect: z.string().optional(),
  Action: names,
  NotAction: names,
  Resource: names,
  NotResource: z.unknown().optional(),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
type Statement = z.output<typeof Statement>;
const Policy = z.object({ Statement: z.union([Statement, z.array(Statement)]).default([]) });

/** Statements of a text; undefined: it is none that can be read. */
function statementsOf(text: string): Statement[] | undefined {
  if (text.trim() === "") return [];
  try {
    return [Policy.parse(JSON.parse(text)).Statement].flat();
  } catch {
    return undefined;
  }
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

/** Resources in whose policies `*` is the resource itself: there is no other way to name it, and AWS writes its own so. */
const namesItselfByStar = /^aws_kms_(replica_|external_|replica_external_)?key(_policy)?$/;

/** What makes a statement wide, in words. @param type of the resource that has the policy */
function wideness(statement: Statement, type: string): string | undefined {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal, Condition } = statement;
  if (Effect !== "Allow") return undefined;
  const actions = list(Action);
  if (actions.some((action) => /^\*+(:\*+)?$/.test(action))) return "every action";
  if (NotAction !== undefined) return "every action but some";
  if (NotPrincipal !== undefined) return "everybody but some";
  if (isAnybody(Principal) && Condition === undefined) return "everybody";
  const all = actions.filter((action) => /^[\w-]+:\*$/.test(action));
  if (namesItselfByStar.test(type)) return undefined;
  if (all.length > 0 && NotResource !== undefined) return `${all.join(", ")} on everything but some`;
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
  check: (plan) =>
    (plan.resource_changes ?? []).flatMap((resource) => attributes.flatMap((name) => hitsOf(plan, resource, name))),
};

/** Other providers write policies in languages of their own. */
const writesStatements = /^aws(cc)?_/;

function hitsOf(plan: PlanJson, resource: ResourceJson, name: string): Hit[] {
  const { address, type, change } = resource;
  if (["no-op", "delete", "forget"].includes(change.actions.join())) return [];
  const cannotTell = (message: string): Hit => ({ at: address, message: `${name} ${message}`, cannotTell: true });
  const isOpen = isUnknown(change, name);
  // A role of which the code names no such block: the provider says after apply that it has none.
  if (isOpen && name === "inline_policy" && isGiven(plan, resource, name) === false) return [];
  const written = isOpen ? textsIn(plan.synthesized?.[address], name) : [];
  if (isOpen && written.length === 0) return [cannotTell("is known after apply, and no text of it was synthesized")];
  const now = [...written, ...textsIn(change.after, name)].map(statementsOf);
  const before = textsIn(change.before, name).flatMap((text) => statementsOf(text) ?? []);
  return now.flatMap((statements): Hit[] => {
    if (!statements) return writesStatements.test(type) ? [cannotTell("is no policy that can be read")] : [];
    return statements
      .filter((statement) => !before.some((old) => isSame(old, statement)))
      .flatMap((statement) => {
        const wide = wideness(statement, type);
        return wide === undefined ? [] : [{ at: address, message: `${name} allows ${wide}` }];
      });
  });
}

/** Texts of an attribute: its own, or those of its blocks. */
function textsIn(side: unknown, name: string): string[] {
  if (typeof side !== "object" || side === null || !Object.hasOwn(side, name)) return [];
  const textsOf = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    if (Array.isArray(value)) return value.flatMap(textsOf);
    return typeof value === "object" && value !== null && "policy" in value ? textsOf(value.policy) : [];
  };
  return textsOf((side as Record<string, unknown>)[name]);
}
