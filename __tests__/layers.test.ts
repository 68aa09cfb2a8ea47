import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");

/** Folders and the folders that their files may import from: data flows one way. */
const layers: Record<string, readonly string[]> = {
  environments: ["modules/config"],
  "modules/config": [],
  "modules/topology": ["modules/config", "contract"],
  "modules/lint": ["modules/config", "modules/topology"],
  templates: ["modules/config", "modules/topology", "contract"],
  "modules/terraform": ["modules/config", "modules/topology"],
  "modules/aws": ["modules/config", "modules/topology", "modules/terraform", "templates", "contract"],
  "modules/kubernetes": ["modules/config", "modules/topology", "modules/terraform", "templates", "contract"],
  stacks: ["modules/config", "modules/topology", "modules/terraform", "modules/aws", "modules/kubernetes", "templates"],
  runtime: ["runtime"],
  // Where the code of programs lies is all that it shares with what is synthesized.
  cli: ["modules/config", "modules/topology", "modules/lint", "code", "templates", "runtime", "cli"],
};
/** Layers of Terraform: the others do without CDKTF, which is archived. */
const synthesizing = ["modules/terraform", "modules/aws", "modules/kubernetes", "stacks"];
/** What infrastructure may know of a program: what it is told, never how it works. */
const contract = /^runtime\/[a-z-]+\/(env|contract|spec)$/;

const sources = Object.keys(layers).flatMap((layer) =>
  readdirSync(join(root, layer), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ layer, file: join(layer, file) })),
);

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import|require\()\s*\(?["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

test.each(sources)("$file imports from lower layers only", ({ layer, file }) => {
  const allowed = [layer, ...(layers[layer] ?? [])];
  const wrong = imports(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(root, resolve(root, dirname(file), specifier)))
    .filter((target) => target !== "package.json")
    .filter((target) => !allowed.some((folder) => target === folder || target.startsWith(`${folder}/`)))
    .filter((target) => !(allowed.includes("code") && /^modules\/terraform\/code-\w+$/.test(target)))
    .filter((target) => !(allowed.includes("contract") && contract.test(target)));
  expect(wrong).toEqual([]);
});

test.each(sources.filter(({ layer }) => /^modules|^stacks|^templates/.test(layer)))("$file is pure", ({ file }) => {
  // Where files are read: configuration, and the code of programs.
  if (/^modules\/config\/load|^modules\/terraform\/code-/.test(file)) return;
  const text = readFileSync(join(root, file), "utf8");
  expect(text).not.toMatch(/process\.env|Date\.now|new Date\(\)|Math\.random/);
  expect(imports(file).filter((name) => /^node:(fs|net|http|https|child_process|os|tls|dns)/.test(name))).toEqual([]);
});

test.each(sources.filter(({ layer }) => !synthesizing.includes(layer)))("$file does without CDKTF", ({ file }) => {
  expect(imports(file).filter((name) => /^(cdktf|constructs|@cdktf\/)/.test(name))).toEqual([]);
});

test("what the command line shares of modules/terraform does without CDKTF, too", () => {
  for (const name of readdirSync(join(root, "modules/terraform")).filter((file) => file.startsWith("code-"))) {
    expect(imports(`modules/terraform/${name}`).filter((from) => !from.startsWith("node:"))).toEqual([]);
  }
});

test("main.ts is the table of contents", () => {
  expect(readFileSync(join(root, "main.ts"), "utf8").split("\n").length).toBeLessThanOrEqual(40);
});
