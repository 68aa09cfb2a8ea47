import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BuildFailure } from "esbuild";
import { bundleText } from "./bundle-text";

/** Packages in CommonJS that are bundled into an ES module call for `require`. */
const requireOfModule = `import { createRequire as natsformCreateRequire } from "node:module"; const require = natsformCreateRequire(import.meta.url);`;

/**
 * The program of a service as one file: an ES module, so that it may await at its top.
 *
 * @param root folder of the project
 * @param entry path of the program's file in it
 * @throws Error that names each place where it does not compile
 */
export function bundleService(root: string, entry: string): string {
  try {
    return bundleText(entry, root, { format: "esm", banner: { js: requireOfModule } }).text;
  } catch (error) {
    const { errors = [] } = error as Partial<BuildFailure>;
    if (errors.length === 0) throw error;
    const said = errors.map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text));
    throw new Error(said.join("; "));
  }
}

/** True for a file, or a link to one. */
export const isFile = (root: string, path: string): boolean =>
  existsSync(join(root, path)) && statSync(join(root, path)).isFile();
