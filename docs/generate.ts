import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadEnvironment } from "../model/config/load";
import { buildTopology } from "../model/topology";
import { toMermaid } from "../templates/diagram";
import { commandReference } from "./generators/commands";
import { configurationReference } from "./generators/configuration";
import { mutantsReference } from "./generators/mutants";
import { reloadReference } from "./generators/reload";
import { rulesReference } from "./generators/rules";

const root = join(__dirname, "..");

/** Files that are made from the code, by path from the project's root. A test compares them with what stands there. */
export async function generatedFiles(): Promise<Record<string, string>> {
  return {
    "docs/reference/configuration.md": configurationReference(join(root, "model/config/schema.ts")),
    "docs/reference/reload.md": reloadReference(),
    "docs/reference/rules.md": rulesReference(),
    "docs/reference/commands.md": commandReference(),
    "docs/mutants.md": mutantsReference(),
    "README.md": await withPicture(readFileSync(join(root, "README.md"), "utf8")),
  };
}

/** The README with the picture of the demo's topology between its two marks. */
async function withPicture(readme: string): Promise<string> {
  const mermaid = toMermaid(buildTopology(await loadEnvironment("demo", root)));
  const [begin, end] = ["<!-- topology: made by make docs -->", "<!-- /topology -->"];
  const [head, tail] = [readme.split(begin)[0], readme.split(end)[1]];
  if (head === undefined || tail === undefined) throw new Error(`README.md lacks ${begin} or ${end}`);
  return `${head}${begin}\n\n\`\`\`mermaid\n${mermaid}\n\`\`\`\n\n${end}${tail}`;
}

if (require.main === module) {
  void generatedFiles().then((files) => {
    for (const [path, text] of Object.entries(files)) {
      writeFileSync(join(root, path), text);
      process.stdout.write(`${path}\n`);
    }
  });
}
