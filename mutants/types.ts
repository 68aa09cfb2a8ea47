import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { nameOf, type Planted } from "./planted";
import { weaken } from "./weaken";

/** Names that nobody uses any more are no error of types: they are what a deleted line leaves behind. */
const leftovers = new Set([6133, 6138, 6192, 6196, 6198, 6199, 6205]);

/**
 * Weakenings that the compiler refuses, with what it says. They prove nothing of the tests. Those of different files are
 * compiled at once.
 */
export function refusedByCompiler(root: string, all: readonly Planted[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const refused: string[] = [];
  let program: ts.Program | undefined;
  for (const round of rounds(all)) {
    const texts = new Map(
      round.map((planted) => {
        const path = join(root, planted.file);
        return [path, { planted, text: weaken(readFileSync(path, "utf8"), planted) }];
      }),
    );
    const host = ts.createCompilerHost(options);
    const original = host.getSourceFile.bind(host);
    const previous = program;
    host.getSourceFile = (path, languageVersion, ...more) => {
      const changed = texts.get(path);
      if (changed) return ts.createSourceFile(path, changed.text, languageVersion, true);
      // A weakened file of the last round is read anew.
      return kept.get(path) ?? keep(path, original(path, languageVersion, ...more));
    };
    program = ts.createProgram({ rootNames: fileNames, options, host, oldProgram: previous });
    for (const [path, { planted }] of texts) {
      const source = program.getSourceFile(path);
      const [first] = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].filter(
        ({ code }) => !leftovers.has(code),
      );
      if (first) refused.push(`${nameOf(planted)}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`);
    }
  }
  return refused;
}

const kept = new Map<string, ts.SourceFile>();
function keep(path: string, source: ts.SourceFile | undefined): ts.SourceFile | undefined {
  if (source) kept.set(path, source);
  return source;
}

/** Sets of weakenings, one a file at most. */
function rounds(all: readonly Planted[]): Planted[][] {
  const sets: Planted[][] = [];
  for (const planted of all) {
    const set = sets.find((candidate) => !candidate.some(({ file }) => file === planted.file));
    if (set) set.push(planted);
    else sets.push([planted]);
  }
  return sets;
}
