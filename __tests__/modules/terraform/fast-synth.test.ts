import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";

// Before anything replaces them: imports that follow do.
const { prepareStack } = TerraformStack.prototype;
const traces = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: () => string[] };
const { captureStackTrace } = traces;
const { contextOf, projectWithCode, readStacks } =
  require("../../support/stacks") as typeof import("../../support/stacks");
const { addStacks } = require("../../../stacks") as typeof import("../../../stacks");
const { synthesizeFast } =
  require("../../../modules/terraform/fast-synth") as typeof import("../../../modules/terraform/fast-synth");

const root = projectWithCode();

async function texts(name: string, folder: string): Promise<Record<string, string>> {
  const outdir = join(root, folder);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  addStacks(app, await contextOf(name, root));
  app.synth();
  return Object.fromEntries(Object.entries(readStacks(outdir)).map(([stack, { text }]) => [stack, text]));
}

test.each(["aws-production", "kubernetes-production"])("what is left out changes nothing of %s", async (name) => {
  synthesizeFast();
  const fast = await texts(name, `${name}-fast`);
  TerraformStack.prototype.prepareStack = prepareStack;
  traces.captureStackTrace = captureStackTrace;
  const whole = await texts(name, `${name}-whole`);
  expect(Object.keys(fast).length).toBeGreaterThan(3);
  expect(fast).toEqual(whole);
});
