import type { PlanJson } from "./format";

/** Shorter values are words and numbers that stand everywhere. */
const shortest = 6;

/** Forms by which a secret is known wherever it stands: seeds of nkeys, private keys, AWS keys, tokens. */
const known =
  /\bS[UAOXCN][A-Z2-7]{50,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** Stands in place of a secret. */
export const hidden = "(sensitive)";

/**
 * What takes every secret of a document out of a text, wherever it stands there: masks in the format have holes, since what a
 * provider computes of a sensitive value is not marked.
 */
export function secretNet(plan: PlanJson): (text: string) => string {
  const secrets = new Set<string>();
  const add = (value: unknown) => {
    for (const text of leaves(value)) for (const form of formsOf(text)) secrets.add(form);
  };
  const all = [
    ...(plan.resource_changes ?? []).map(({ change }) => change),
    ...(plan.resource_drift ?? []).map(({ change }) => change),
    ...(plan.deferred_changes ?? []).flatMap(({ resource_change }) =>
      resource_change ? [resource_change.change] : [],
    ),
    ...Object.values(plan.output_changes ?? {}),
  ];
  for (const { before, after, before_sensitive, after_sensitive } of all) {
    // A value that becomes sensitive is one already: the union of both masks counts.
    for (const value of [before, after])
      for (const mask of [before_sensitive, after_sensitive]) masked(value, mask).forEach(add);
  }
  const variables = plan.configuration?.root_module?.variables ?? {};
  for (const [name, { value }] of Object.entries(plan.variables ?? {})) if (variables[name]?.sensitive) add(value);
  const isSecret = finder(secrets);
  return (text) => isSecret(text).replace(known, hidden);
}

/** Replaces texts of a set wherever they stand, the longest first, in one pass: documents have thousands of them. */
function finder(secrets: ReadonlySet<string>): (text: string) => string {
  const byStart = new Map<string, string[]>();
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    const start = secret.slice(0, shortest);
    byStart.set(start, [...(byStart.get(start) ?? []), secret]);
  }
  return (text) => {
    let clean = "";
    let kept = 0;
    for (let i = 0; i + shortest <= text.length; ) {
      const at = i;
      const secret = byStart.get(text.slice(i, i + shortest))?.find((one) => text.startsWith(one, at));
      if (secret === undefined) {
        i++;
        continue;
      }
      clean += text.slice(kept, i) + hidden;
      i += secret.length;
      kept = i;
    }
    return clean + text.slice(kept);
  };
}

/** Parts of a value that a mask marks; `true` at any depth marks all below. */
function masked(value: unknown, mask: unknown): unknown[] {
  if (mask === true) return [value];
  if (typeof mask !== "object" || mask === null || typeof value !== "object" || value === null) return [];
  return Object.entries(mask).flatMap(([key, inner]) => masked((value as Record<string, unknown>)[key], inner));
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return value.length >= shortest ? [value] : [];
  if (typeof value === "number") return String(value).length >= shortest ? [String(value)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}

/** A secret as other values carry it: as it is, inside of JSON, in base64; of a longer text its lines too. */
function formsOf(text: string): string[] {
  const lines = text.includes("\n") ? text.split("\n").filter((line) => line.trim().length >= 16) : [];
  return [...new Set([text, JSON.stringify(text).slice(1, -1), Buffer.from(text).toString("base64"), ...lines])];
}

/** The same data with every text through a function; keys are ours. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)])) as T;
}
