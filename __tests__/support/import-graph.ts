import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { preProcessFile } from "typescript";

/** Import of one source file: of types as well as of values. Paths begin at the root of the checkout. */
export interface Import {
  from: string;
  /** File of the checkout, or the name of a package. */
  to: string;
  inside: boolean;
}

/** The source files of the checkout and everything that they import. */
export function readImports(root: string, left: RegExp): { files: string[]; imports: Import[] } {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = listed.split("\n").filter((file) => file !== "" && !left.test(file) && existsSync(join(root, file)));
  const known = new Set(files);
  const imports = files.flatMap((from) =>
    preProcessFile(readFileSync(join(root, from), "utf8"), true, true).importedFiles.map(({ fileName }): Import => {
      if (!fileName.startsWith(".")) return { from, to: fileName, inside: false };
      const path = relative(root, resolve(root, dirname(from), fileName));
      const to = [path, `${path}.ts`, `${path}/index.ts`].find((file) => known.has(file)) ?? path;
      return { from, to, inside: true };
    }),
  );
  return { files, imports };
}

/** Circles of a graph: each a set of nodes of which every one leads to every other. */
export function circlesOf(edges: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>();
    const open = [...(next.get(start) ?? [])];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      open.push(...(next.get(node) ?? []));
    }
    return seen;
  };
  const reached = new Map([...next.keys()].map((node) => [node, reach(node)]));
  const inCircle = [...reached].filter(([node, seen]) => seen.has(node)).map(([node]) => node);
  const circles = inCircle.map((node) =>
    inCircle.filter((other) => reached.get(node)?.has(other) && reached.get(other)?.has(node)).sort(),
  );
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()];
}

/**
 * Circles among what lies in one folder, where a folder in it counts as one thing: nobody can say which of the two comes
 * first. Those between files of one folder are among them.
 */
export function circlesIn(folder: string, imports: readonly Import[]): string[][] {
  const below = folder === "" ? "" : `${folder}/`;
  const room = (file: string) =>
    file.startsWith(below) ? below + (file.slice(below.length).split("/")[0] ?? "") : undefined;
  const edges = imports.flatMap(({ from, to, inside }) => {
    const [a, b] = [room(from), room(to)];
    return inside && a && b && a !== b ? [[a, b] as const] : [];
  });
  return circlesOf(edges);
}
