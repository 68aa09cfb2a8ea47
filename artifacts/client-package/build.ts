import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { clientEntries, clientManifest } from "./manifest";

const root = join(__dirname, "..", "..");

/**
 * Writes the client library as a package into a folder, ready for `npm pack`.
 *
 * CommonJS holds the code and ES modules hand it on, so that a program that has both sees one class of each error. The
 * types are one file for each entry, without a word of nats.js: so a service's `moduleResolution` does not matter. What pages
 * load is an ES module by itself, since browsers know no other.
 */
export async function buildClientPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20",
    packages: "external",
  } as const;
  const exported: Record<string, readonly string[]> = {};
  for (const [file, source] of Object.entries(clientEntries)) {
    const plugins = file === "index" ? [] : [shared];
    const options: BuildOptions = { ...common, entryPoints: [source], plugins, logLevel: "silent" };
    await build({ ...options, format: "cjs", outfile: join(folder, `${file}.js`) });
    // Only of ES modules does esbuild say what they export.
    const { metafile } = await build({ ...options, format: "esm", metafile: true, write: false, outfile: "x.mjs" });
    exported[file] = Object.values(metafile?.outputs ?? {})[0]?.exports ?? [];
  }
  for (const [file, types] of Object.entries(bundledTypes())) {
    writeFileSync(join(folder, `${file}.d.ts`), types);
    writeFileSync(join(folder, `${file}.d.mts`), types);
    const module = file === "events" ? await eventsModule() : moduleOf(file, exported[file] ?? []);
    writeFileSync(join(folder, `${file}.mjs`), module);
  }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(clientManifest(), null, 2)}\n`);
  for (const file of ["LICENSE", "NOTICE"]) copyFileSync(join(root, file), join(folder, file));
  copyFileSync(join(root, "docs/client.md"), join(folder, "README.md"));
}

/** The entry for pages, as a browser loads it. */
export async function eventsModule(): Promise<string> {
  const entryPoints = [clientEntries.events];
  const options = { absWorkingDir: root, bundle: true, entryPoints, write: false, logLevel: "silent" } as const;
  const { outputFiles } = await build({ ...options, platform: "browser", format: "esm", target: "es2022" });
  return outputFiles[0]?.text ?? "";
}

function bundledTypes(): Record<string, string> {
  // Loads TypeScript: only who builds the package waits for it.
  const { generateDtsBundle } = require("dts-bundle-generator") as typeof import("dts-bundle-generator");
  const files = Object.entries(clientEntries);
  const texts = generateDtsBundle(
    files.map(([, source]) => ({
      filePath: join(root, source),
      output: { noBanner: true, exportReferencedTypes: false },
      libraries: { allowedTypesLibraries: ["node"] },
    })),
    { preferredConfigPath: join(root, "tsconfig.client.json") },
  );
  return Object.fromEntries(files.map(([file], i) => [file, texts[i] ?? ""]));
}

/** An ES module that hands on what the CommonJS file exports, name by name. */
const moduleOf = (file: string, names: readonly string[]) =>
  `import cjs from "./${file}.js";\nexport const { ${[...names].sort().join(", ")} } = cjs;\n`;

/** A second copy of the errors would be other classes: `instanceof` would be false for what other entries reject with. */
const shared: Plugin = {
  name: "shared",
  setup({ onResolve }) {
    onResolve({ filter: /\/(errors|client)$/ }, () => ({ path: "./index.js", external: true }));
  },
};

if (require.main === module) {
  const folder = process.argv[2] ?? join(root, "build", "client-package");
  void buildClientPackage(folder).then(() => process.stdout.write(`${folder}\n`));
}
