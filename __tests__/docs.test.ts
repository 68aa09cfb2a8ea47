import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { generatedFiles } from "../docs/generate";

const root = resolve(__dirname, "..");

test("what is generated stands in the docs as it would be generated now (make docs)", async () => {
  for (const [path, text] of Object.entries(await generatedFiles())) {
    expect({ path, text: readFileSync(join(root, path), "utf8") }).toEqual({ path, text });
  }
});

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((file) => join("docs", file)),
];

test.each(pages.filter((file) => file.endsWith(".md")))("%s links to files that are there", (page) => {
  const links = [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(
    (match) => match[1] ?? "",
  );
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !existsSync(resolve(root, dirname(page), link)));
  expect(broken).toEqual([]);
});
