import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findProviderMirror, findProviderMirrors, writeCliConfig } from "../../cli/deploy/provider-mirror";
import { contextOf, projectWithCode, synthesized } from "../support/stacks";

const hasTerraform = spawnSync("terraform", ["version"], { stdio: "ignore" }).status === 0;
const providers = ["kubernetes", "helm", "vault"] as const;
const lacking = providers.filter((name) => !findProviderMirror(name));
const missing = !hasTerraform
  ? "terraform is not on PATH"
  : lacking.length > 0
    ? `providers that are not on this machine: ${lacking.join(", ")}`
    : "";
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`terraform validate of the stacks on Kubernetes is skipped: ${missing}\n`);

const root = projectWithCode();

(missing ? test.skip : test)("Terraform and its providers accept every stack on Kubernetes", async () => {
  const stacks = Object.values(synthesized([await contextOf("kubernetes-production", root)], join(root, "out")));
  expect(stacks).toHaveLength(4);
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
