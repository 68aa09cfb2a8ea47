import {
  actionOrder,
  type LiveServer,
  type ObjectChange,
  type Review,
  type StackReview,
  type Step,
  sizeText,
} from "../../model/review";
import { changeLines } from "../change";

/** A part of a report, the same for every place that it goes to. Texts are not escaped yet. */
export interface Section {
  id:
    | "reasons"
    | "steps"
    | "rights"
    | "doors"
    | "resources"
    | "differences"
    | "objects"
    | "drift"
    | "live"
    | "accepted"
    | "notChecked";
  title: string;
  head?: readonly string[];
  /** Cells; of a section without a head, one cell a row. */
  rows: readonly (readonly string[])[];
}

export const verdictWords = { allow: "ALLOW", acknowledge: "NEEDS ACKNOWLEDGEMENT", block: "BLOCK" } as const;

const depthWords = {
  source: "the repository alone: two revisions of it, without Terraform",
  plan: "the repository and Terraform's plan",
  live: "the repository and what servers say now, without Terraform",
} as const;

const allOfThem = "the repository, Terraform's plan, and what servers say now";

/** What the verdict rests on. */
export function basis({ depth, isNew, isRemoved, reasons, stacks }: Review): string {
  const what = isNew ? "A new environment. " : isRemoved ? "An environment that is taken out. " : "";
  const why = reasons.length === 0 ? "Nothing stands against it. " : "";
  const rests = depth === "live" && stacks.length > 0 ? allOfThem : depthWords[depth];
  return `${what}${why}Judged by ${rests}.`;
}

/** The verdict with what it rests on. */
export const headline = (review: Review): string => `${verdictWords[review.verdict]}. ${basis(review)}`;

/** What a report says of an environment, the weightiest first; empty sections are left out. */
export function sectionsOf(review: Review): Section[] {
  const all: Section[] = [
    {
      id: "reasons",
      title: "Why",
      head: ["verdict", "where", "what", "what to do", "rule"],
      rows: review.reasons.map(({ verdict, at, message, fix, rule, cannotTell }) => [
        verdictWords[verdict],
        at,
        cannotTell ? `cannot tell: ${message}` : message,
        fix,
        rule,
      ]),
    },
    {
      id: "steps",
      title: "What happens, in order",
      head: ["part", "what happens", "who notices"],
      rows: review.steps.map(({ when, what, effects }: Step) => [when, what, effects.join("; ") || "nobody"]),
    },
    {
      id: "rights",
      title: "Rights that are gained",
      head: ["who", "account", "may now"],
      rows: review.gained.map(({ who, account, what }) => [who, account, what.join("; ")]),
    },
    {
      id: "doors",
      title: "What can be reached",
      head: ["cluster", "listener", "before", "after"],
      rows: review.doors.map(({ cluster, listener, from, to }) => [
        cluster,
        listener,
        from ?? "closed",
        to ?? "closed",
      ]),
    },
    {
      id: "resources",
      title: "What Terraform does",
      head: ["stack", "counts", "resources"],
      rows: review.stacks.map((stack) => [stack.stack, countsOf(stack), resourcesOf(stack)]),
    },
    {
      id: "differences",
      title: "Attributes that change",
      head: ["resource", "attribute", "before", "after"],
      rows: review.stacks.flatMap(({ changes }) =>
        changes.flatMap(({ address, construct, differences }) =>
          differences.map(({ path, from, to, forces }) => [
            construct ?? address,
            forces ? `${path} (forces the replacement)` : path,
            from ?? "",
            to ?? "",
          ]),
        ),
      ),
    },
    {
      id: "objects",
      title: "What charts make of it",
      head: ["object", "what", "before", "after"],
      rows: review.stacks.flatMap(({ changes }) =>
        changes.flatMap(({ objects }) => (objects ?? []).flatMap(objectRows)),
      ),
    },
    {
      id: "drift",
      title: "Changed behind Terraform's back",
      head: ["stack", "what", "how many", "the plan reads it"],
      rows: review.stacks.flatMap(({ stack, drift }) =>
        drift.map(({ what, count, feeds }) => [stack, what, String(count), feeds ? "yes" : "no"]),
      ),
    },
    {
      id: "live",
      title: "What servers said",
      head: ["cluster", "asked at", "who", "what"],
      rows: review.live.flatMap(({ cluster, at, servers, meta, streams }) => [
        ...servers.map(({ name, said }) => [...[cluster, at, name], said ? saidText(said) : "does not answer"]),
        ...(meta ? [[cluster, at, "the meta group", `${meta.current} of ${meta.size} servers current`]] : []),
        ...streams.map(({ account, name, messages, bytes, behind }) => [
          ...[cluster, at, `${name} of ${account}`],
          `${messages} messages, ${sizeText(bytes)}, ${behind.length === 0 ? "every copy current" : `${behind.length} copies behind`}`,
        ]),
      ]),
    },
    {
      id: "accepted",
      title: "Accepted before this change",
      head: ["where", "rule", "until", "why"],
      rows: review.accepted.map(({ at, rule, expires, reason }) => [at, rule, expires, reason]),
    },
    { id: "notChecked", title: "Not looked at", rows: review.notChecked.map((text) => [text]) },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function objectRows({ object, action, differences, random }: ObjectChange): string[][] {
  if (action !== "changed") return [[object, action, "", ""]];
  return [
    ...differences.map(({ path, from, to }) => [object, path, from ?? "", to ?? ""]),
    ...(random.length > 0 ? [[object, `${random.join(", ")}: another value at every rendering`, "", ""]] : []),
  ];
}

/** Counts that show destruction: a replacement is one that goes and one that comes. */
export function countsOf({ counts, after, missing }: StackReview): string {
  if (after !== undefined) return `planned after ${after}`;
  if (missing !== undefined) return missing;
  const said = actionOrder.flatMap((action) => {
    const count = counts[action];
    if (!count) return [];
    return [
      action.startsWith("replaced") ? `${count} ${action} = ${count} destroyed + ${count} made` : `${count} ${action}`,
    ];
  });
  return said.length === 0 ? "nothing" : said.join(", ");
}

const resourcesOf = ({ changes }: StackReview): string =>
  changes
    .map(({ action, address, construct, type, why, movedFrom, deposed }) =>
      [
        `${action}: ${construct ? `${construct} (${type})` : address}`,
        ...(deposed ? ["(a left-over of an earlier replacement)"] : []),
        ...(movedFrom ? [`(was ${movedFrom})`] : []),
        ...(why ? [`(${why})`] : []),
      ].join(" "),
    )
    .join("; ");

/** The plan of the change as `natsform plan-change` prints it. */
export const planLines = ({ change }: Review): string[] => changeLines(change);

const saidText = ({ version, connections, certificatesUntil }: NonNullable<LiveServer["said"]>) =>
  `${version}, ${connections} connections${certificatesUntil === undefined ? "" : `, certificates until ${certificatesUntil.slice(0, 10)}`}`;
