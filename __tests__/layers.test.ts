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
  runtime: ["runtime"],
  cli: ["modules/config", "modules/topology", "modules/lint", "templates", "runtime", "cli"],
};
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
    .filter((target) => !(allowed.includes("contract") && contract.test(target)));
  expect(wrong).toEqual([]);
});

test.each(sources.filter(({ layer }) => /^modules|^templates/.test(layer)))("$file is pure", ({ file }) => {
  // load.ts is the one place where configuration is read.
  if (file === "modules/config/load.ts") return;
  const text = readFileSync(join(root, file), "utf8");
  expect(text).not.toMatch(/process\.env|Date\.now|new Date\(\)|Math\.random|cdktf/);
  expect(imports(file).filter((name) => /^node:(fs|net|http|https|child_process|os|tls|dns)/.test(name))).toEqual([]);
});
