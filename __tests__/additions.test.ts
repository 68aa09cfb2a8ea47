import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";

/*
 * What somebody who adds a platform, a layer of stacks or a program is told by the compiler. The additions are made in
 * memory, over the sources as they are.
 */
const root = resolve(__dirname, "..");
const options = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: ["main.ts", "cli/main.ts"] }, ts.sys, root)
    .options;
};

type Edit = readonly [file: string, find: string, put: string];

const edited = (edits: readonly Edit[]): Map<string, string> => {
  const texts = new Map<string, string>();
  for (const [file, find, put] of edits) {
    const path = join(root, file);
    const text = texts.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
    if (!text.includes(find)) throw new Error(`${file} does not hold ${find}`);
    texts.set(path, find === "" ? put : text.replace(find, put));
  }
  return texts;
};

const compilerOptions = options();
/** Parsed once: what is not edited is the same in every compilation. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Files in which the compiler finds errors, of those that the entries lead to. */
function filesWithErrors(edits: readonly Edit[], entries = ["main.ts", "cli/main.ts"]): string[] {
  const texts = edited(edits);
  const host = ts.createCompilerHost(compilerOptions);
  const usual = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(resolve(path));
    if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    if (!parsed.has(path)) parsed.set(path, usual(path, ...rest));
    return parsed.get(path);
  };
  const exists = host.fileExists.bind(host);
  host.fileExists = (path) => texts.has(resolve(path)) || exists(path);
  const read = host.readFile.bind(host);
  host.readFile = (path) => texts.get(resolve(path)) ?? read(path);
  const program = ts.createProgram(
    entries.map((file) => join(root, file)),
    compilerOptions,
    host,
  );
  const errors = ts.getPreEmitDiagnostics(program);
  return [...new Set(errors.map(({ file }) => (file ? relative(root, file.fileName) : "?")))].sort();
}

const newPlatform: Edit[] = [
  [
    "model/config/platforms.ts",
    "export const hosts = z.strictObject({",
    'const boats = z.strictObject({ kind: z.literal("boats"), domain: hostname.optional(), count: z.int() });\n\nexport const hosts = z.strictObject({',
  ],
  ["model/config/platforms.ts", '("kind", [awsEcs, awsEc2,', '("kind", [boats, awsEcs, awsEc2,'],
];
const entry: Edit[] = [
  ["model/topology/platform-models/index.ts", "  hosts: hostsModel,", "  hosts: hostsModel,\n  boats: boatsModel,"],
  [
    "model/topology/platform-models/index.ts",
    'import { hostsModel } from "./hosts";',
    'import { boatsModel } from "./boats";\nimport { hostsModel } from "./hosts";',
  ],
];
const model = (stack: string): Edit => [
  "model/topology/platform-models/boats.ts",
  "",
  `import { ordinals } from "../names";
import { ports } from "../ports";
import type { PlatformModel, PlatformOf } from "./model";
import { containerPaths } from "./paths";

export const boatsModel: PlatformModel<PlatformOf<"boats">> = {
  size: ({ count }) => count,
  internalDomain: (environment) => \`\${environment}.sea\`,
  names: ({ environment, cluster, size }) => {
    const servers = ordinals(cluster, size);
    return { servers, hosts: servers.map((server) => \`\${server}.\${environment}.sea\`), internal: [] };
  },
  ports,
  exposure: () => "internal",
  network: () => undefined,
  signer: "local",
  renewsFromVault: false,
  publicName: { signer: "acme", servedBy: "servers" },
  region: () => undefined,
  commandLineUsers: () => [],
  tags: () => [],
  zoneSizes: () => undefined,
  knowsZones: false,
  reloads: () => true,
  machines: () => [],
  memoryBytes: () => undefined,
  disk: () => undefined,
  hasRegionalDisks: () => false,
  stopTime: () => undefined,
  backups: () => ({ folder: "gone" }),
  paths: containerPaths,
  changes: { kind: "recreate", domain: "around", count: "compared" },
  ofServers: (platform) => platform,
  images: () => [],
  shares: () => undefined,
  sharedStack: () => undefined,
  stacks: ${stack},
};
`,
];

test("what a new platform, layer, family and variable owe is named by the compiler, each where it belongs", () => {
  const layer: Edit = ["model/topology/stack.ts", '"programs";', '"programs" | "harbour";'];
  const family: Edit = ["model/topology/stack.ts", '"aws" | "kubernetes";', '"aws" | "kubernetes" | "fleet";'];
  const variable: Edit = ["runtime/streams/env.ts", "    OWNER: text,", "    OWNER: text,\n    HARBOUR: text,"];
  expect(filesWithErrors([...newPlatform, layer, family, variable])).toEqual([
    // The deployment driver of the family.
    "cli/deploy/drivers.ts",
    // Terraform's providers of the family.
    "cli/deploy/preflight/tools.ts",
    // The entry of the platform.
    "model/topology/platform-models/index.ts",
    // What builds the layer.
    "stacks/index.ts",
    // What tells the program of its variable, wherever it runs.
    "templates/streams-environment.ts",
  ]);
});

test("with its entry a platform compiles, and no other file has to know of it", () => {
  expect(filesWithErrors([...newPlatform, ...entry, model("() => []")])).toEqual([]);
});

test("an entry that says nothing about exposure does not compile", () => {
  const [file, find, text] = model("() => []");
  const silent: Edit = [file, find, text.replace('  exposure: () => "internal",\n', "")];
  expect(filesWithErrors([...newPlatform, ...entry, silent], ["model/topology/index.ts"])).toEqual([file]);
});
