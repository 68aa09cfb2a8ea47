import type { ModuleJson, PlanJson, StateJson } from "./format";

/** Shorter values are words and numbers that stand everywhere. */
const shortest = 6;

/** Forms by which a secret is known wherever it stands: seeds of nkeys, private keys, AWS keys, tokens. */
const known =
  /\bS[UAOXCN][A-Z2-7]{50,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** Stands in place of a secret. */
export const hidden = "(sensitive)";

/** Takes secrets out of a text. */
export type Net = (text: string) => string;

/**
 * What takes every secret of some documents out of a text, wherever it stands there: masks in the format have holes, since
 * what a provider computes of a sensitive value is not marked. Of no document at all it knows the forms of secrets alone.
 */
export function secretNet(...plans: readonly PlanJson[]): Net {
  const secrets = new Set<string>();
  for (const plan of plans)
    for (const value of sensitiveIn(plan))
      for (const text of leaves(value))
        for (const form of formsOf(text)) if (form.length >= shortest) secrets.add(form);
  const isSecret = finder(secrets);
  return (text) => isSecret(text).replace(known, hidden);
}

function sensitiveIn(plan: PlanJson): unknown[] {
  const all = [
    ...(plan.resource_changes ?? []).map(({ change }) => change),
    ...(plan.resource_drift ?? []).map(({ change }) => change),
    ...(plan.deferred_changes ?? []).flatMap(({ resource_change }) =>
      resource_change ? [resource_change.change] : [],
    ),
    ...Object.values(plan.output_changes ?? {}),
  ];
  // A value that becomes sensitive is one already: the union of both masks counts.
  const changed = all.flatMap(({ before, after, before_sensitive, after_sensitive }) =>
    [before, after].flatMap((value) => [before_sensitive, after_sensitive].flatMap((mask) => masked(value, mask))),
  );
  const declared = plan.configuration?.root_module?.variables ?? {};
  // Values of variables have no mask. One of which nobody says what it is may be a secret.
  const variables = Object.entries(plan.variables ?? {})
    .filter(([name]) => declared[name]?.sensitive ?? !Object.hasOwn(declared, name))
    .map(([, { value }]) => value);
  // Data sources that are read before the plan stand in these alone.
  const states = [plan.prior_state?.values, plan.planned_values].flatMap((state) => (state ? stateSecrets(state) : []));
  return [...changed, ...variables, ...states];
}

function stateSecrets({ outputs = {}, root_module }: StateJson): unknown[] {
  const ofModule = ({ resources = [], child_modules = [] }: ModuleJson): unknown[] => [
    ...resources.flatMap(({ values, sensitive_values }) => masked(values, sensitive_values)),
    ...child_modules.flatMap(ofModule),
  ];
  const marked = Object.values(outputs).filter(({ sensitive }) => sensitive);
  return [...marked.map(({ value }) => value), ...(root_module ? ofModule(root_module) : [])];
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

/** A secret as other values carry it: as it is, inside of JSON, of a URL, in base64; of a longer text its lines too. */
function formsOf(text: string): string[] {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && line !== text);
  return [
    ...new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      ...urlForms(text),
      ...[text, ...lines].flatMap(base64Forms),
      ...lines,
    ]),
  ];
}

function urlForms(text: string): string[] {
  // Half of a pair of UTF-16 has no form in a URL.
  const encoded = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "�"));
  const strict = encoded.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [encoded, strict, encoded.replaceAll("%20", "+"), strict.replaceAll("%20", "+")];
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

/** Base64 by itself, and inside of that of a longer text: `user:secret` has it at one of three alignments, in both alphabets. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  const inside = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    // Characters that hold bits of what stands before or after say nothing of it for sure.
    return whole.toString("base64").slice(Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6));
  });
  const forms = [bytes.toString("base64"), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

/** Fields whose texts are words of ours: a secret that is one of them by chance does not change what a report says. */
const ownWords: ReadonlySet<string> = new Set([
  ...["action", "depth", "effect", "expires", "rule", "severity", "verdict"],
]);

/** The same data with every text through a function; keys are ours. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === "string" && ownWords.has(key) ? inner : mapTexts(inner, change),
    ]),
  ) as T;
}
