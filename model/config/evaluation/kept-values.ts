import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { builtDigest } from "../../../bin/built";
import { cacheFolder } from "../../../bin/cache-folder";
import { readKept, writeKept } from "../../../bin/kept-file";

/**
 * Values of environment files that are nothing but data, kept between runs: to start a process for a file takes longer
 * than all else that a short command does. A file that has changed has another key.
 */

/** A few kB each. */
const mostKept = 512;

/** The kept value of a file with this source, in an object; `undefined` when there is none. */
export function keptValue(path: string, source: string): { value: unknown } | undefined {
  const content = readKept(placeOf(path), keyOf(source));
  return content && { value: deserialize(content) };
}

/** Keeps the value of a file, unless the file has changed since `source` was read: it may be another's value then. */
export function keepValue(path: string, source: string, value: unknown): void {
  if (readFileSync(path, "utf8") === source) writeKept(placeOf(path), keyOf(source), serialize(value), mostKept);
}

function placeOf(path: string): string {
  return join(cacheFolder(), "environments", createHash("sha256").update(path).digest("hex").slice(0, 24));
}

const keyOf = (source: string) => `${builtDigest("evaluation.cjs")} ${source}`;
