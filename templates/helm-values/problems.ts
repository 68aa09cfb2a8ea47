import type { Problem } from "../../model/config";
import { nearest } from "../../model/config/known-keys";
import { type ChartKeys, chartKeys } from "./chart-keys";

type Path = Problem["path"];
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Values that the chart would ignore or print as something else. Pure; an empty list means that every value has its
 * intended effect.
 */
export function valuesProblems(values: unknown, known: ChartKeys = chartKeys, path: Path = []): Problem[] {
  if (known === "free") return unprintable(values, path);
  if (known === "value") {
    return isMap(values)
      ? [{ path, got: values, message: "is a single value of the chart" }]
      : unprintable(values, path);
  }
  // For a key without a value the chart has a default.
  if (values === undefined || values === null) return [];
  if (!isMap(values)) return [{ path, got: values, message: "holds further keys in the chart" }];
  return Object.entries(values).flatMap(([key, value]) => {
    if ("each" in known) return valuesProblems(value, known.each, [...path, key]);
    const below = Object.hasOwn(known.keys, key) ? known.keys[key] : undefined;
    return below ? valuesProblems(value, below, [...path, key]) : [unknownKey([...path, key], value, known.keys)];
  });
}

function unknownKey(path: Path, got: unknown, keys: Record<string, ChartKeys>): Problem {
  const near = nearest(String(path.at(-1)), Object.keys(keys));
  const fix = near ? `did you mean "${near}"?` : `known: ${Object.keys(keys).join(", ")}`;
  return { path, got, message: "is no key of the chart", fix };
}

/**
 * The chart prints nats.conf as JSON: text of these characters would reach NATS in escapes that it refuses, and text
 * between `<<` and `>>` as syntax. Sizes and variables are such syntax, and are meant so.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters
const escaped = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u2028\u2029]/;
const syntax = /^<<\s+(?<text>.*?)\s+>>$/s;
const meant = /^(\$[A-Za-z_]+|\d+[KMGT]?i?B?)$/;

function unprintable(value: unknown, path: Path): Problem[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => unprintable(item, [...path, i]));
  if (isMap(value))
    return Object.entries(value).flatMap(([key, item]) => [
      ...(unwritableKey.test(key) ? [refused([...path, key], item)] : []),
      ...unprintable(item, [...path, key]),
    ]);
  if (typeof value !== "string") return [];
  const text = syntax.exec(value)?.groups?.text;
  return escaped.test(value) || (text !== undefined && !meant.test(text)) ? [refused(path, value)] : [];
}

const refused = (path: Path, got: unknown): Problem => ({
  path,
  got,
  message: "holds text that the chart cannot hand on to NATS",
  fix: "leave it out",
});

/** Keys know no escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters
const unwritableKey = /^$|["\\\u0000-\u001f]/;
