import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockName } from "../../artifacts/provider-lock";
import { providerVersion, writeCliConfig } from "../../cli/core/provider-mirror";
import { initStack } from "../../cli/deploy/plan";
import type { DeployTarget } from "../../cli/deploy/target";
import { terraformEnv } from "../../cli/deploy/terraform";
import { missingTerraform } from "../support/terraform";

const missing = missingTerraform("the lock of providers", "aws");
const root = mkdtempSync(join(tmpdir(), "natsform-providers-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A project with one stack, on a machine that has nothing of it but what is in its repository. */
function machine(name: string, lock?: string, more: object = {}) {
  const project = join(root, name);
  const folder = join(project, "cdktf.out", "stacks", "one");
  mkdirSync(folder, { recursive: true });
  const aws = { source: "aws", version: providerVersion("aws") };
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: { required_providers: { aws } } }));
  if (lock !== undefined) writeFileSync(join(project, lockName), lock);
  const env = terraformEnv(writeCliConfig(project));
  const topology = { clusters: [], streams: [] };
  const target: unknown = {
    root: project,
    out: join(project, "cdktf.out"),
    env,
    topology,
    kubernetes: new Map(),
    ...more,
  };
  return { project, init: () => initStack(target as DeployTarget, "one") };
}
const lockOf = ({ project }: { project: string }) => readFileSync(join(project, lockName), "utf8");

(missing ? test.skip : test)("a second machine gets the provider of the first, or none", async () => {
  const first = machine("first");
  await first.init();
  const lock = lockOf(first);
  expect(lock).toMatch(/provider "registry\.terraform\.io\/hashicorp\/aws" \{[\s\S]*"h1:/);

  const second = machine("second", lock);
  await second.init();
  expect(lockOf(second)).toBe(lock);

  const other = machine("other", lock.replace(/"(h1|zh):./g, '"$1:0'));
  await expect(other.init()).rejects.toThrow(
    "one: a provider of this machine is another one than .terraform.lock.hcl names",
  );
  expect(existsSync(join(other.project, "cdktf.out/stacks/one/.terraform/providers"))).toBe(false);
  expect(lockOf(other)).toBe(lock.replace(/"(h1|zh):./g, '"$1:0'));
});

(missing ? test.skip : test)("an emulated AWS changes nothing in a project", async () => {
  const { project, init } = machine("emulated", undefined, { emulator: {} });
  await init();
  expect(existsSync(join(project, lockName))).toBe(false);
});
