import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadEnvironment, loadTrust, trustFile } from "../model/config/load";
import { buildTopology } from "../model/topology";
import { PROBLEMS } from "../runtime/http-gateway/problems";
import { toMermaid } from "../templates/diagram";
import { commandReference } from "./generators/commands";
import { configurationReference } from "./generators/configuration";
import { connectionExample } from "./generators/connection";
import { mutantsReference } from "./generators/mutants";
import { reloadReference } from "./generators/reload";
import { retryTable } from "./generators/retries";
import { reviewExamples } from "./generators/review-examples";
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
    "docs/review-examples.md": reviewExamples(root),
    "docs/client.md": between("docs/client.md", "retries", retryTable()),
    "README.md": await withPicture(),
    "docs/connect-a-program.md": await withConnection(),
    "docs/http-gateway.md": withProblems(),
  };
}

/** The README with the picture of the demo's topology. */
async function withPicture(): Promise<string> {
  const mermaid = toMermaid(buildTopology(await loadEnvironment("demo", root)));
  return between("README.md", "topology", `\`\`\`mermaid\n${mermaid}\n\`\`\``);
}

/** The page about programs with what is printed for one. */
async function withConnection(): Promise<string> {
  const demo = await loadEnvironment("demo", root);
  const example = connectionExample(demo, loadTrust(trustFile("demo", root), root));
  return between("docs/connect-a-program.md", "connect", example);
}

/** The page of the HTTP gateway with the table of its problems. */
function withProblems(): string {
  const rows = (Object.entries(PROBLEMS) as [string, { status: number; title: string }][])
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, title }]) => `| ${status} | \`${code}\` | ${title} |`);
  const table = ["| status | code | title |", "| --- | --- | --- |", ...rows].join("\n");
  return between("docs/http-gateway.md", "problems", table);
}

/** A page with something made between its two marks of this name. */
function between(path: string, mark: string, made: string): string {
  const page = readFileSync(join(root, path), "utf8");
  const [begin, end] = [`<!-- ${mark}: made by make docs -->`, `<!-- /${mark} -->`];
  const [head, tail] = [page.split(begin)[0], page.split(end)[1]];
  if (head === undefined || tail === undefined) throw new Error(`${path} lacks ${begin} or ${end}`);
  return `${head}${begin}\n\n${made}\n\n${end}${tail}`;
}

if (require.main === module) {
  void generatedFiles().then((files) => {
    for (const [path, text] of Object.entries(files)) {
      writeFileSync(join(root, path), text);
      process.stdout.write(`${path}\n`);
    }
  });
}
