import { join } from "node:path";
import { buildSync } from "esbuild";
import { writeFileAtomically } from "./files";

/** The checkout or the installed package: where our own sources lie. */
export const packageRoot = join(__dirname, "..");

/**
 * Bundles a program into one file that `node` runs by itself; the same sources give the same bytes, and leave the file
 * alone. It is replaced as a whole: a program that starts meanwhile never reads half of one.
 */
export function bundleProgram(entry: string, outfile: string): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(packageRoot, entry)],
    outfile,
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    legalComments: "none",
  });
  for (const { path, text } of outputFiles) writeFileAtomically(path, text);
}
