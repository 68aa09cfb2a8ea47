import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type * as esbuild from "esbuild";
import { packageRoot } from "../../../bin/built";
import type { Problem } from "../problem";
import { isConstant } from "./constant";

/** JavaScript of an environment file with the files that it imports, or the reasons why there is none. */
export type Compiled =
  | {
      code: string;
      /** True when the file itself is all of it, and has the same value whenever it is run. */
      isConstant: boolean;
      problems?: undefined;
    }
  | { code?: undefined; problems: Problem[] };

/**
 * Compiles an environment file and its parts into one text. Packages are left to Node, and `natsform/config` to the
 * process that runs it.
 */
export function compileFile(path: string, source: string): Compiled {
  // Loaded here: most files have been compiled before.
  const { buildSync, transformSync } = require("esbuild") as typeof esbuild;
  const contents = withNewImports(path, source);
  try {
    const { outputFiles, metafile } = buildSync({
      absWorkingDir: dirname(path),
      // Not the file: it may have changed since it was read.
      stdin: { contents, sourcefile: basename(path), resolveDir: dirname(path), loader: "ts" },
      outfile: `${path}.js`,
      write: false,
      metafile: true,
      bundle: true,
      packages: "external",
      external: ["natsform/config"],
      platform: "node",
      format: "cjs",
      target: "node20",
      // Errors name the lines of the files.
      sourcemap: "inline",
      sourcesContent: false,
      logLevel: "silent",
    });
    const isWhole = Object.keys(metafile.inputs).length === 1 && contents === source;
    const asModule = () => transformSync(source, { loader: "ts", format: "esm" }).code;
    return { code: outputFiles[0]?.text ?? "", isConstant: isWhole && isConstant(asModule()) };
  } catch (error) {
    const { errors } = error as Partial<esbuild.BuildFailure>;
    if (!errors) throw error;
    return { problems: errors.map((one) => problemOf(one, basename(path))) };
  }
}

/** Path from which environments imported before `natsform/config`: works for this release, with a warning. */
function withNewImports(path: string, source: string): string {
  return source.replace(/(["'])(\.{1,2}\/[^"'\n]*modules\/config)\1/g, (whole, quote: string, from: string) => {
    if (folderAt(resolve(dirname(path), from)) !== folderAt(join(packageRoot, "modules/config"))) return whole;
    process.emitWarning("environments import from natsform/config now: ../modules/config goes with the next release", {
      type: "DeprecationWarning",
      code: "NATSFORM_CONFIG",
    });
    return `${quote}natsform/config${quote}`;
  });
}

function folderAt(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function problemOf({ text, location }: esbuild.Message, own: string): Problem {
  if (!location) return { path: [], message: `does not run: ${text}` };
  const { file, line, column } = location;
  const at = `${file === own ? "" : `${file}:`}${line}:${column + 1}`;
  if (text.startsWith("Top-level await")) {
    const fix = "an environment is data: take out the await";
    return { path: [], message: `does not run: ${at}: it waits at its top`, fix };
  }
  return { path: [], message: `does not run: ${at}: ${text}` };
}
