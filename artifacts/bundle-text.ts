import { relative, resolve } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";

/** Options of a program as it is deployed: small, with the names that errors and libraries speak of. */
export const deployed: BuildOptions = { minify: true, keepNames: true };

/**
 * Bundles a module into one file that `node` runs by itself. The same sources give the same bytes on every machine and
 * wherever they lie: no path is in it but of the sources among themselves.
 *
 * @param entry path of the module in `root`
 * @returns the text, which is ASCII, and the files that it is made of, by their paths in `root`
 */
export function bundleText(entry: string, root: string, options: BuildOptions = {}) {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    // Programs run on newer releases; the twin, the emulator and the tests run them on Node 20 as well.
    target: "node20",
    format: "cjs",
    // Set here, not read from a tsconfig.json that happens to lie above the sources.
    tsconfigRaw: { compilerOptions: { strict: true } },
    logLevel: "silent",
    legalComments: "none",
    ...options,
  });
  const inputs = Object.keys(metafile?.inputs ?? {}).map((path) => relative(root, resolve(root, path)));
  return { text: outputFiles?.map(({ text }) => text).join("") ?? "", inputs };
}
