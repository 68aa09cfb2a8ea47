import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BuildFailure } from "esbuild";
import { packageRoot } from "../../bin/built";
import { writeFileAtomically } from "../files";
import { noticesFile, noticesText, packageFolders, readPackage } from "./notices";
import { makeOutput, type Output, outputs } from "./outputs";

/**
 * Builds what `bin/built.js` finds stale. A file is built again when one of its sources has other content than before;
 * another time alone is only noted.
 */

interface Source {
  time: number;
  size: number;
  digest: string;
}

/** `build/build.json`. The package ships it without its sources. */
interface Build {
  digests: Record<string, string>;
  /** Sources of each built file. */
  inputs: Record<string, string[]>;
  sources: Record<string, Source>;
  /** Folders of the packages whose code is in each built file. */
  packages: Record<string, string[]>;
}

const folder = join(packageRoot, "build");
const record = join(folder, "build.json");
/** Sources of everything: releases of packages, and the builder itself. Packages are not looked at one by one. */
const common = [
  "package.json",
  "package-lock.json",
  // npm writes it when it has installed something.
  "node_modules/.package-lock.json",
  ...["main", "names", "notices", "outputs"].map((name) => `artifacts/build/${name}.ts`),
  "artifacts/bundle-text.ts",
  "artifacts/zip.ts",
].filter((path) => existsSync(join(packageRoot, path)));

const digestOf = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");

function readSource(path: string): Source | undefined {
  try {
    const { mtimeMs, size } = statSync(join(packageRoot, path));
    return { time: mtimeMs, size, digest: digestOf(readFileSync(join(packageRoot, path))) };
  } catch {
    return undefined;
  }
}

function build(): void {
  const before = readBefore();
  const now: Build = { digests: {}, inputs: {}, sources: {}, packages: {} };
  const sources = new Map<string, Source | undefined>();
  // The content is read before it is built: what changes meanwhile is found changed by the next run.
  const source = (path: string) => {
    if (!sources.has(path)) sources.set(path, readSource(path));
    return sources.get(path);
  };
  for (const path of [...common, ...Object.keys(before?.sources ?? {})]) source(path);
  const isSame = (path: string) => before?.sources[path]?.digest === source(path)?.digest && source(path) !== undefined;
  const builtBefore = (name: string) => {
    const [inputs, digest, packages] = [before?.inputs[name], before?.digests[name], before?.packages?.[name]];
    return inputs?.every(isSame) && packages && digest !== undefined && digest === digestOfFile(name)
      ? { inputs, digest, packages }
      : undefined;
  };
  for (const [name, output] of Object.entries(outputs)) {
    const built = builtBefore(name) ?? buildOne(name, output);
    now.inputs[name] = built.inputs;
    now.digests[name] = built.digest;
    now.packages[name] = built.packages;
    for (const path of built.inputs) {
      const found = source(path);
      if (found) now.sources[path] = found;
    }
  }
  for (const name of Object.keys(before?.digests ?? {})) {
    if (!(name in outputs)) rmSync(join(folder, name), { force: true });
  }
  const bundled = [...new Set(Object.values(now.packages).flat())].sort();
  const notices = noticesText(bundled.map((path) => readPackage(join(packageRoot, path))));
  writeFileAtomically(join(folder, noticesFile), notices);
  writeFileAtomically(record, `${JSON.stringify(now)}\n`);
}

const digestOfFile = (name: string) =>
  existsSync(join(folder, name)) ? digestOf(readFileSync(join(folder, name))) : undefined;

function buildOne(name: string, output: Output): { inputs: string[]; digest: string; packages: string[] } {
  const { content, inputs } = makeOutput(output, packageRoot);
  writeFileAtomically(join(folder, name), content);
  const own = inputs.filter((path) => !path.includes("node_modules/"));
  return {
    inputs: [...new Set([...common, ...own])].sort(),
    digest: digestOf(content),
    packages: packageFolders(inputs),
  };
}

function readBefore(): Build | undefined {
  try {
    return JSON.parse(readFileSync(record, "utf8")) as Build;
  } catch {
    return undefined;
  }
}

try {
  build();
} catch (error) {
  const { errors } = error as Partial<BuildFailure>;
  if (!errors) throw error;
  for (const { text, location } of errors) {
    const at = location ? `${location.file}:${location.line}:${location.column + 1}: ` : "";
    console.error(`${at}${text}`);
  }
  process.exitCode = 1;
}
