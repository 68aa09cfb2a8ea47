import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findProviderMirrors, writeCliConfig } from "../../cli/core/provider-mirror";
import { contextOf, projectWithCode, synthesized } from "../support/stacks";
import { missingTerraform } from "../support/terraform";

const missing = missingTerraform("terraform validate of the stacks on Kubernetes", "kubernetes", "helm", "vault");

const root = projectWithCode();

(missing ? test.skip : test)("Terraform and its providers accept every stack on Kubernetes", async () => {
  const stacks = Object.values(synthesized([await contextOf("kubernetes-production", root)], join(root, "out")));
  expect(stacks).toHaveLength(5);
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    TF_CLI_CONFIG_FILE: writeCliConfig(root, findProviderMirrors()),
  };
  for (const { name, folder } of stacks) {
    const terraform = (...args: string[]) =>
      spawnSync("terraform", [`-chdir=${folder}`, ...args], { env, encoding: "utf8", maxBuffer: 2 ** 26 });
    const init = terraform("init", "-backend=false", "-input=false", "-no-color");
    expect({ name, said: init.stderr }).toEqual({ name, said: "" });
    const { diagnostics } = JSON.parse(terraform("validate", "-json").stdout) as {
      diagnostics: { severity: string }[];
    };
    expect({ name, errors: diagnostics.filter(({ severity }) => severity === "error") }).toEqual({ name, errors: [] });
  }
});
