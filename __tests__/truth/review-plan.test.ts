import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { terraform as runTerraform } from "../../cli/deploy/terraform";
import { refuseFailure } from "../../cli/deploy/terraform-messages";
import { natsform } from "../support/cli-run";
import { temporaryFolder } from "../support/stacks";

jest.setTimeout(240_000);

/** Plans of real Terraform, with the provider that is built into it. */
const folder = temporaryFolder();
const terraform = (...args: string[]) =>
  execFileSync("terraform", [`-chdir=${folder}`, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const canary = "c4n4ry-of-a-variable";

/** Plans a configuration, and returns the file of its document. */
function planned(main: string, name: string): string {
  writeFileSync(join(folder, "main.tf"), main);
  terraform("plan", "-input=false", "-no-color", `-var=password=${canary}`, "-out=plan");
  const file = join(folder, `${name}.json`);
  writeFileSync(file, terraform("show", "-json", "plan"));
  return file;
}

const before = `
variable "password" { sensitive = true }
resource "terraform_data" "kept" { input = var.password }
resource "terraform_data" "renamed" { input = "a" }
resource "terraform_data" "forgotten" { input = "b" }
resource "terraform_data" "replaced" { triggers_replace = "1" }
`;
const after = `
variable "password" { sensitive = true }
resource "terraform_data" "kept" { input = "\${var.password}-2" }
resource "terraform_data" "other" { input = "c" }
moved {
  from = terraform_data.renamed
  to   = terraform_data.other
}
removed {
  from = terraform_data.forgotten
  lifecycle { destroy = false }
}
resource "terraform_data" "replaced" { triggers_replace = "2" }
resource "terraform_data" "copy" { input = terraform_data.kept.output }
`;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "main.tf"), before);
  terraform("init", "-no-color");
  terraform("apply", "-auto-approve", "-input=false", "-no-color", `-var=password=${canary}`);
});

const review = (...args: string[]) => natsform(folder, ["review", "--plan", ...args]);

test("a plan of somebody else's stacks is read without a project, and shows no secret of it", async () => {
  const file = planned(after, "theirs");
  // The document itself has it in clear.
  expect(readFileSync(file, "utf8")).toContain(canary);
  const { code, stdout, stderr } = await review(file, "--out", "reports");
  expect({ code, stdout, stderr }).toMatchObject({ code: 3, stderr: "" });
  expect(stdout).toContain("1 abandoned, 1 replaced, with a gap = 1 destroyed + 1 made, 2 changed, 1 made, 1 moved");
  expect(stdout).toContain("✖ terraform_data.forgotten: goes on (resource-abandoned)");
  expect(stdout).toContain("(was terraform_data.renamed)");
  const outputs = ["html", "md", "sarif", "json"].map((ext) =>
    readFileSync(join(folder, `reports/review.${ext}`), "utf8"),
  );
  expect([stdout, ...outputs].join()).not.toContain(canary);
});

describe("a document is on no output and in no error", () => {
  const written: string[] = [];
  beforeEach(() => {
    written.length = 0;
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, "write").mockImplementation((text) => written.push(String(text)) > 0);
  });
  afterEach(() => jest.restoreAllMocks());
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TF_LOG: "trace", TF_LOG_CORE: "trace" };

  test("whatever is logged", async () => {
    planned(after, "logged");
    const { code, text, diagnostics } = await runTerraform({ stack: "x", path: folder, env }, [
      "show",
      "-json",
      "plan",
    ]);
    expect([code, text.includes(canary), diagnostics, written]).toEqual([0, true, "", []]);
  });

  test("even if Terraform ends in the middle of it", async () => {
    const broken = join(folder, "broken");
    mkdirSync(broken);
    const program = `#!/bin/sh\ncat ${join(folder, "logged.json")}\nexit 1\n`;
    writeFileSync(join(broken, "terraform"), program, { mode: 0o755 });
    const before = process.env.PATH;
    process.env.PATH = `${broken}:${before}`;
    const result = await runTerraform({ stack: "x", path: folder, env }, ["show", "-json", "plan"]);
    process.env.PATH = before;
    expect(result.code).toBe(1);
    const refused = (() => {
      try {
        return refuseFailure("x", result);
      } catch (error) {
        return String(error);
      }
    })();
    expect(refused).toContain("x: terraform ended with 1");
    expect(refused + written.join()).not.toContain(canary);
  });
});

test("a plan without changes is none", async () => {
  const file = planned(before, "same");
  expect(await review(file)).toEqual({ code: 0, stdout: "same: ALLOW: nothing changes\n", stderr: "" });
});

test("a plan whose parts are missing is read, and one whose parts are something else is none", async () => {
  const nothing = ["resource_changes", "resource_drift", "output_changes", "variables", "configuration"];
  const empty = Object.fromEntries(nothing.map((part) => [part, null]));
  writeFileSync(join(folder, "nulls.json"), JSON.stringify({ format_version: "1.2", planned_values: {}, ...empty }));
  expect(await review("nulls.json")).toEqual({ code: 0, stdout: "nulls: ALLOW: nothing changes\n", stderr: "" });
  const record = { address: "terraform_data.natsform-stack", type: "terraform_data", name: "natsform-stack" };
  const foreign = {
    ...record,
    mode: "managed",
    change: { actions: ["no-op"], before: { input: "{}" }, after: { input: "{}" } },
  };
  writeFileSync(join(folder, "record.json"), JSON.stringify({ format_version: "1.2", resource_changes: [foreign] }));
  expect(await review("record.json")).toMatchObject({ code: 0, stderr: "" });
  const broken = { format_version: "1.2", resource_changes: [{ address: "a.b", type: "a" }] };
  writeFileSync(join(folder, "broken.json"), JSON.stringify(broken));
  const { code, stderr } = await review("broken.json");
  expect([code, stderr]).toEqual([1, expect.stringContaining("resource_changes.0.change is something else there")]);
});

test("what is no plan is said with the way to one, all at once, and nothing of its content", async () => {
  writeFileSync(join(folder, "text.json"), `not json ${canary}`);
  writeFileSync(join(folder, "other.json"), JSON.stringify({ secret: canary }));
  writeFileSync(join(folder, "later.json"), JSON.stringify({ format_version: "9.0", resource_changes: [] }));
  const { code, stdout, stderr } = await review("plan", "text.json", "other.json", "later.json", "missing.json");
  expect(code).toBe(1);
  for (const said of [
    "plan is a saved plan, and not its JSON",
    "text.json is not JSON",
    "other.json is no plan as terraform show -json prints it",
    "later.json has the format 9.0; natsform reads 1",
    "missing.json: there is no such file",
    "terraform show -json PLAN > plan.json",
  ])
    expect(stderr).toContain(said);
  expect(stdout + stderr).not.toContain(canary);
});
