import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import { checkovExceptions } from "../support/checkov-exceptions";
import { contextOf, projectWithCode, synthesized, variants } from "../support/stacks";

const checkov = toolPath("checkov");
if (!checkov) console.warn("Checkov is not installed, so its test is skipped: make checkov");
const root = projectWithCode();

interface Finding {
  check_id: string;
  check_name: string;
  file_path: string;
  resource: string;
}
interface Report {
  results: { failed_checks: Finding[] };
  summary: { passed: number; parsing_errors: number };
}

/** Checkov 3.3.30 cannot read a file in which `terraform` has anything but blocks. */
function readable(stack: string): string {
  const { terraform, ...rest } = JSON.parse(stack);
  const { required_version: _, ...blocks } = terraform;
  return JSON.stringify({ ...rest, terraform: blocks }, null, 2);
}

(checkov ? test : test.skip)("Checkov finds nothing in the stacks that is not known and reasoned", async () => {
  const contexts = [await contextOf("demo", root), ...(await variants(root))];
  const stacks = Object.values(synthesized(contexts, join(root, "out")));
  const folder = join(root, "checkov");
  mkdirSync(folder);
  // Named after their stacks, or all findings would be in files called cdk.tf.json.
  for (const { name, text } of stacks) writeFileSync(join(folder, `${name}.tf.json`), readable(text));

  const args = ["-d", folder, "--framework", "terraform_json", "--skip-download", "--compact", "--quiet", "-o", "json"];
  const { stdout, stderr } = spawnSync(checkov ?? "", args, { encoding: "utf8", maxBuffer: 2 ** 27 });
  if (!stdout.trim()) throw new Error(stderr);
  const { results, summary } = JSON.parse(stdout) as Report;
  expect(summary.parsing_errors).toBe(0);
  expect(summary.passed).toBeGreaterThan(400);

  const findings = results.failed_checks.map(({ check_id: check, check_name, file_path, resource }) => ({
    check,
    at: `${file_path.replace(/^\/|\.tf\.json$/g, "")} ${resource}`,
    says: check_name,
  }));
  const isKnown = ({ check, at }: { check: string; at: string }) =>
    checkovExceptions.filter((exception) => exception.check === check && exception.resource.test(at));
  expect(findings.filter((finding) => isKnown(finding).length === 0)).toEqual([]);
  const used = new Set(findings.flatMap(isKnown));
  expect(checkovExceptions.filter((exception) => !used.has(exception))).toEqual([]);
});
