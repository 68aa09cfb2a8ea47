import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { circlesIn, circlesOf, readImports } from "./support/import-graph";

const root = resolve(__dirname, "..");
const { files, imports } = readImports(root, /^(__tests__|docs|bench|mutants|tools)\//);

/** What infrastructure may know of a program: what it is told, never how it works. */
const contract = /^runtime\/[a-z0-9-]+\/(env|contract|spec)\.ts$/;

/** Layers from the lowest, each with those that its files import from. `contract` stands for the contracts of programs. */
const layers: Record<string, readonly string[]> = {
  runtime: [],
  "model/config": [],
  "model/topology": ["model/config", "contract"],
  "model/lint": ["model/config", "model/topology", "contract"],
  "model/change": ["model/config", "model/topology", "contract"],
  "model/review": ["model/config", "model/topology", "model/lint", "model/change", "contract"],
  // Where environments of before the package's own name import from.
  "modules/config": ["model/config"],
  environments: [],
  templates: ["model/config", "model/topology", "model/lint", "model/change", "model/review", "contract"],
  admission: ["model/config", "model/topology", "model/lint", "model/review", "templates", "contract"],
  artifacts: ["runtime", "model/config", "model/topology"],
  "modules/terraform": ["model/config", "model/topology", "artifacts"],
  "modules/aws": ["model/config", "model/topology", "templates", "artifacts", "modules/terraform", "contract"],
  "modules/kubernetes": ["model/config", "model/topology", "templates", "artifacts", "modules/terraform", "contract"],
  stacks: [
    ...["model/config", "model/topology", "templates", "admission"],
    ...["artifacts", "modules/terraform", "modules/aws", "modules/kubernetes"],
  ],
};

const everything = [
  ...["runtime", "model/config", "model/topology", "model/lint", "model/change", "model/review"],
  ...["templates", "admission", "artifacts"],
];
/** Floors of the command line, from the lowest: each imports from those below it and from the layers above. */
const floors = [
  "core",
  "keys",
  "images",
  "emulator",
  "twin",
  "leaf",
  "backup",
  "review",
  "deploy",
  "report",
  "actions",
  "commands",
];
floors.forEach((floor, i) => {
  layers[`cli/${floor}`] = [...everything, ...floors.slice(0, i).map((lower) => `cli/${lower}`)];
});
// It synthesizes in its own process, from a built file of its own: the constructs are loaded where they are needed.
layers["cli/deploy/synth.ts"] = [...everything, "cli/core", "modules/terraform", "stacks"];
layers["cli/deploy"] = [...(layers["cli/deploy"] ?? []), "cli/deploy/synth.ts"];
layers.cli = [...everything, ...floors.map((floor) => `cli/${floor}`)];
layers["main.ts"] = ["stacks"];

/** Layers of Terraform: the others do without CDKTF, which is archived. */
const synthesizing = ["modules/terraform", "modules/aws", "modules/kubernetes", "stacks", "main.ts"];
/** Layers without I/O, clock, environment or chance. */
const pure = /^(model|admission|templates|stacks|modules\/(aws|kubernetes|terraform))\//;
/** Where files are read: configuration, and the programs' code. */
const reading = /^(model\/config\/(load|evaluation\/[a-z-]+)|stacks\/load)\.ts$/;

const layerOf = (file: string) =>
  Object.keys(layers)
    .filter((layer) => file === layer || file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];

test("every source file lies in a layer", () => {
  expect(files.filter((file) => !layerOf(file))).toEqual([]);
  expect(files.length).toBeGreaterThan(500);
});

test("a file imports from its own layer and from lower ones", () => {
  const wrong = imports.filter(({ from, to, inside }) => {
    // bin/ is plain JavaScript that everything may use: where the built files lie, and what is kept between runs.
    if (!inside || to === "package.json" || to.startsWith("bin/")) return false;
    const own = layerOf(from) ?? "";
    const allowed = [own, ...(layers[own] ?? [])];
    if (allowed.includes(layerOf(to) ?? "")) return false;
    return !(allowed.includes("contract") && contract.test(to));
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test("the layers themselves have no circle", () => {
  const edges = Object.entries(layers).flatMap(([layer, allowed]) => allowed.map((lower) => [layer, lower] as const));
  expect(circlesOf(edges)).toEqual([]);
});

test("no folder holds a circle of imports, types counted", () => {
  const folders = new Set(files.flatMap((file) => ancestors(file)));
  const circles = [...folders].flatMap((folder) => circlesIn(folder, imports).map((circle) => circle.join(" - ")));
  expect(circles).toEqual([]);
});

function ancestors(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [""] : [folder, ...ancestors(folder)];
}

test("a circle would be found", () => {
  const edge = (from: string, to: string) => ({ from, to, inside: true });
  expect(circlesIn("a", [edge("a/x.ts", "a/y.ts"), edge("a/y.ts", "a/x.ts")])).toEqual([["a/x.ts", "a/y.ts"]]);
  expect(circlesIn("", [edge("a/x.ts", "b/y.ts"), edge("b/z.ts", "a/u.ts")])).toEqual([["a", "b"]]);
  expect(circlesIn("", [edge("a/x.ts", "b/y.ts"), edge("a/z.ts", "b/u.ts")])).toEqual([]);
});

test("model, templates and constructs are pure", () => {
  const impure = files
    .filter((file) => pure.test(file) && !reading.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const modules = imports.filter(
        ({ from, to }) => from === file && /^node:(fs|net|https?|child_process|os|tls|dns)/.test(to),
      );
      const uses = /process\.env|Date\.now|new Date\(\)|Math\.random/.exec(text);
      return [...modules.map(({ to }) => `${file}: ${to}`), ...(uses ? [`${file}: ${uses[0]}`] : [])];
    });
  expect(impure).toEqual([]);
});

test("what does not synthesize does without CDKTF", () => {
  const wrong = imports.filter(
    ({ from, to }) =>
      !synthesizing.includes(layerOf(from) ?? "") &&
      /^(cdktf|constructs|@cdktf\/)/.test(to) &&
      !to.endsWith("/package.json"),
  );
  expect(wrong).toEqual([]);
});

test("main.ts is the table of contents", () => {
  expect(readFileSync(join(root, "main.ts"), "utf8").split("\n").length).toBeLessThanOrEqual(40);
});

test("the line of nats.js that upstream left is its adapter's alone, and no program holds the adapter", () => {
  const [adapter, entry] = ["runtime/client/transport/nats2", "runtime/client/nats2-entry.ts"];
  const importing = (wanted: (edge: { to: string }) => boolean) =>
    [...new Set(imports.filter(wanted).map(({ from }) => from))].sort();
  expect(importing(({ to }) => /^nats(\/|$)/.test(to))).toEqual([`${adapter}-stores.ts`, `${adapter}.ts`]);
  expect(importing(({ to }) => to === `${adapter}.ts` || to === entry)).toEqual([entry]);
});
