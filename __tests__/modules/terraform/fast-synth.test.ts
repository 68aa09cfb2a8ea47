import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";
import { ValidateTerraformVersion } from "cdktf/lib/validations/validate-terraform-version";
import type { StackContext } from "../../../modules/aws/context";

// Before anything replaces them: imports that follow do.
const { prepareStack } = TerraformStack.prototype;
const traces = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: () => string[] };
const { captureStackTrace } = traces;
const { validate } = ValidateTerraformVersion.prototype;
const { contextOf, projectWithCode, readStacks } =
  require("../../support/stacks") as typeof import("../../support/stacks");
const { addStacks } = require("../../../stacks") as typeof import("../../../stacks");
const { synthesizeFast } =
  require("../../../modules/terraform/fast-synth") as typeof import("../../../modules/terraform/fast-synth");

const root = projectWithCode();

function texts(context: StackContext, folder: string): Record<string, string> {
  const outdir = join(root, folder);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  addStacks(app, context);
  app.synth();
  return Object.fromEntries(Object.entries(readStacks(outdir)).map(([stack, { text }]) => [stack, text]));
}

test.each(["aws-production", "kubernetes-production"])("what is left out changes nothing of %s", async (name) => {
  // One context for both: its JWTs say when they were made.
  const context = await contextOf(name, root);
  synthesizeFast();
  const fast = texts(context, `${name}-fast`);
  TerraformStack.prototype.prepareStack = prepareStack;
  traces.captureStackTrace = captureStackTrace;
  ValidateTerraformVersion.prototype.validate = validate;
  const whole = texts(context, `${name}-whole`);
  expect(Object.keys(fast).length).toBeGreaterThan(3);
  expect(fast).toEqual(whole);
});

test("cdktf starts no Terraform, since each stack says which one it needs", async () => {
  const context = await contextOf("aws-production", root);
  synthesizeFast();
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    for (const text of Object.values(texts(context, "without-terraform")))
      expect(JSON.parse(text).terraform.required_version).toBe(">= 1.11");
  } finally {
    process.env.PATH = path;
  }
});
