import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCliConfig } from "../../cli/core/provider-mirror";
import { isOnEcs } from "../../model/topology";
import { contextOf, projectWithCode, shippedEnvironments, synthesized, variants } from "../support/stacks";
import { missingTerraform } from "../support/terraform";

const missing = missingTerraform("terraform validate of the stacks on AWS", "aws");

const root = projectWithCode();

(missing ? test.skip : test)("Terraform and the AWS provider accept every stack on AWS", async () => {
  const shipped = await Promise.all(shippedEnvironments().map((name) => contextOf(name, root)));
  const contexts = [...shipped.filter(({ topology }) => topology.clusters.some(isOnEcs)), ...(await variants(root))];
  const stacks = Object.values(synthesized(contexts, join(root, "out"))).filter(({ provider }) => provider.aws);
  expect(stacks.length).toBeGreaterThanOrEqual(8);

  // As modules of one configuration, which share a provider: it starts once instead of once for each stack.
  const folder = join(root, "all");
  for (const [i, { name, text }] of stacks.entries()) {
    const { provider, ...stack } = JSON.parse(text);
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "main.tf.json"), JSON.stringify(i === 0 ? { provider, ...stack } : stack));
  }
  const modules = stacks.map(({ name }) => [name, { source: `./${name}` }]);
  const configuration = { provider: { aws: { region: "eu-west-1" } }, module: Object.fromEntries(modules) };
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(configuration));
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    TF_CLI_CONFIG_FILE: writeCliConfig(root),
    TF_DATA_DIR: join(root, "data"),
  };
  const terraform = (...args: string[]) =>
    spawnSync("terraform", [`-chdir=${folder}`, ...args], { env, encoding: "utf8", maxBuffer: 2 ** 26 });
  const init = terraform("init", "-backend=false", "-input=false", "-no-color");
  expect(init.stderr).toBe("");
  const { stdout } = terraform("validate", "-json");
  const { diagnostics, valid } = JSON.parse(stdout) as { valid: boolean; diagnostics: { severity: string }[] };
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(valid).toBe(true);
});
