import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readImports } from "./support/import-graph";

const root = join(__dirname, "..");

/** Calls that read what a program did not make in the same run: over the network, or from a disk. */
const reads =
  /(?<!#)\b(GetObjectCommand|GetSecretValueCommand|GetParameter\w*|fetch|getText|readFileSync|readFile|createReadStream)\b\(|"GetParameterHistory"|\brequest\b[^;]* from "node:https?"/;

test("every source of a program that fetches something is in the threat model, with what holds it, and no other is", () => {
  const { files } = readImports(root, /^(__tests__|docs|bench|node_modules)\//);
  const reading = files
    .filter((file) => file.startsWith("runtime/") && reads.test(readFileSync(join(root, file), "utf8")))
    .map((file) => file.slice("runtime/".length));
  const page = readFileSync(join(root, "docs/threat-model.md"), "utf8");
  const [, section = ""] = page.split("## What programs fetch\n");
  const [table = ""] = section.split("\n## ");
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const listed = rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file),
  );
  expect([...new Set(listed)].sort()).toEqual(reading.sort());
  expect(rows.filter((row) => row.split(" | ").length !== 3)).toEqual([]);
});
