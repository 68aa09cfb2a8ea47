import { type Action, type ActionKind, APPLIED, type Change, isOneOf, REFUSED } from "./action";
import { writtenName, writtenValue } from "./written";

const MARKS: Readonly<Record<ActionKind, string>> = {
  create: "+",
  update: "~",
  adopt: "~",
  recreate: "-/+",
  delete: "-",
  orphan: "?",
  "no-change": " ",
  "recreate-refused": "!",
  "data-loss": "!",
  conflict: "!",
};

/** A plan as text, in the manner of `terraform plan`: unchanged streams are only counted, a refusal says what to do. */
export function renderPlan(plan: readonly Action[]): string {
  const shown = plan.filter(({ kind }) => kind !== "no-change");
  return [...shown.map(renderAction), summary(plan)].join("\n\n");
}

function renderAction({ kind, stream, consumer, changes, reason, loss }: Action): string {
  const title = consumer === undefined ? `stream ${stream}` : `consumer ${stream}/${consumer}`;
  const width = Math.max(0, ...changes.map(({ field }) => writtenName(field).length));
  return [
    `${MARKS[kind].padEnd(3)} ${title}: ${kind}`,
    ...changes.map((change) => `      ${writtenName(change.field).padEnd(width)}  ${renderChange(change)}`),
    ...(kind === "create" || kind === "update" ? [] : [`    ${reason}`]),
    // The reason of a `data-loss` states it already.
    ...(loss === undefined || kind === "data-loss"
      ? []
      : [`    ${isOneOf(APPLIED, kind) ? "loses" : "would lose"} ${loss}`]),
  ].join("\n");
}

const renderChange = ({ field, from, to }: Change) =>
  from === undefined
    ? writtenValue(field, to)
    : `${writtenValue(field, from)} -> ${to === undefined ? "off" : writtenValue(field, to)}`;

function summary(plan: readonly Action[]): string {
  const count = (kinds: readonly ActionKind[]) => plan.filter(({ kind }) => isOneOf(kinds, kind)).length;
  const counts = [
    [count(["create"]), "to create"],
    [count(["update", "adopt"]), "to update"],
    [count(["recreate"]), "to recreate"],
    [count(["delete"]), "to delete"],
    [count(["no-change"]), "as desired"],
    [count(["orphan"]), "no longer desired and left alone"],
    [count(REFUSED), "refused"],
  ] as const;
  const text = counts.flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : [])).join(", ");
  const outcome = count(REFUSED) > 0 ? " Nothing will be applied." : count(APPLIED) === 0 ? " Nothing to do." : "";
  return `Plan: ${text || "nothing desired"}.${outcome}`;
}
