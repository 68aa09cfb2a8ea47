import type { BuildOptions } from "esbuild";
import { type ProgramName, programModel, programNames, programsAs } from "../../model/topology";
import { bundleText, deployed } from "../bundle-text";
import { zipFile } from "../zip";
import { programFile, programZip } from "./names";

/** One built file: the module that it begins with, and how it is written. */
export interface Output {
  entry: string;
  options?: BuildOptions;
  /** Name of the bundle in a zip, where the file is one. */
  zipped?: string;
}

/**
 * Packages that node's own loader finds: esbuild is a program beside its module, and AWS's clients are as large as all
 * the rest of the command line.
 */
const external = ["esbuild", "@aws-sdk/*"];

/** A text that is one function, as `bin/compiled.js` runs it: to wrap millions of characters takes milliseconds. */
const wrapped: BuildOptions = {
  external,
  // V8 forgets of compiled code who loads modules for it: what is left to Node is loaded by require.
  supported: { "dynamic-import": false },
  banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
  footer: { js: "})" },
};

/** Every built file, by its name in `build/`. */
export const outputs: Readonly<Record<string, Output>> = {
  "natsform.cjs": { entry: "cli/main.ts", options: wrapped },
  // Parts of main.ts.
  "synthesis.cjs": { entry: "stacks/synthesis.ts", options: wrapped },
  // What environments import, and the process that they run in.
  "config.cjs": { entry: "model/config/index.ts" },
  "evaluation.cjs": { entry: "model/config/evaluation/child.ts" },
  "oidc-issuer.cjs": { entry: "cli/twin/issuer-main.ts" },
  "emulator.cjs": { entry: "cli/emulator/main.ts" },
  "lambda-bootstrap.cjs": { entry: "cli/emulator/lambda/bootstrap.ts" },
  ...programs(programNames, programFile, {}),
  ...programs(programsAs("function"), programZip, { zipped: "index.js" }),
};

function programs(names: readonly ProgramName[], file: (name: ProgramName) => string, more: Partial<Output>) {
  const output = (name: ProgramName): Output => ({ entry: entryOf(name), options: deployed, ...more });
  return Object.fromEntries(names.map((name) => [file(name), output(name)]));
}

/** A function is called by what loads it; everything else is started. */
function entryOf(name: ProgramName): string {
  const isFunction = Object.values(programModel(name).runs).includes("function");
  return `runtime/${name}/${isFunction ? "index" : "main"}.ts`;
}

/** Content of a built file, and the files that it is made of. @param root folder of the sources */
export function makeOutput({ entry, options, zipped }: Output, root: string) {
  const { text, inputs } = bundleText(entry, root, options);
  return { content: zipped ? zipFile(zipped, text) : text, inputs };
}
