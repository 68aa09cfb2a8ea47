import { crossChecks } from "./cross-checks";
import type { Problem } from "./problem";
import { Environment } from "./schema";
import { pathKey, readWith } from "./schema-problems";

/** By path: names in the order of the alphabet, entries of lists in theirs. */
function comparePaths({ path: a }: Problem, { path: b }: Problem): number {
  for (const [i, part] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (part === other) continue;
    return typeof part === "number" && typeof other === "number"
      ? part - other
      : String(part).localeCompare(String(other), "en");
  }
  return a.length - b.length;
}

export type Parsed = { environment: Environment; problems: [] } | { environment?: undefined; problems: Problem[] };

/**
 * Checks what an environment file exports. Every problem is reported at once: those of the schema, and those between
 * parts of the environment as far as the parts can be read.
 *
 * @param expectedName name the file gives the environment; both must agree, since stack ids begin with it
 */
export function parseEnvironment(input: unknown, expectedName?: string): Parsed {
  const { data, problems } = readWith(Environment, input);
  const invalidPaths = new Set(problems.map(pathKey));
  // A value that is wrong in itself is reported once, not again for what it does not fit to.
  const between = crossChecks(input, expectedName).filter((problem) => !invalidPaths.has(pathKey(problem)));
  const all = [...problems, ...between].sort(comparePaths);
  return data && all.length === 0 ? { environment: data, problems: [] } : { problems: all };
}
