import { join, resolve } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";
import { writeFileAtomically } from "./files";

/** The checkout or the installed package: where our own sources lie, also for what is compiled into its dist/. */
export const packageRoot = join(__dirname, __filename.endsWith(".ts") ? ".." : "../..");

/**
 * Bundles a program into one file that `node` runs by itself; the same sources give the same bytes, and leave the file
 * alone. It is replaced as a whole: a program that starts meanwhile never reads half of one.
 */
export function bundleProgram(entry: string, outfile: string): void {
  writeFileAtomically(outfile, build(entry));
}

/**
 * A program as it is deployed. Its bytes are the same on every machine and wherever the sources lie: minified text holds
 * no path of a file. Names are kept, since errors and libraries speak of them.
 *
 * @param root folder that `entry` is relative to
 */
export function deployedBundle(entry: string, root = packageRoot): string {
  // Set here, not read from a tsconfig.json that happens to lie above the sources.
  const tsconfigRaw = { compilerOptions: { strict: true } };
  return build(entry, root, { minify: true, keepNames: true, tsconfigRaw });
}

function build(entry: string, root = packageRoot, options: BuildOptions = {}): string {
  const { outputFiles } = buildSync({
    entryPoints: [resolve(root, entry)],
    write: false,
    bundle: true,
    platform: "node",
    // Programs run on Node 22; the twin, the emulator and the tests run them on Node 20 as well.
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    legalComments: "none",
    ...options,
  });
  return outputFiles?.map(({ text }) => text).join("") ?? "";
}
