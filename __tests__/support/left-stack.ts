import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { backendConfig } from "../../artifacts/backend-config";
import { initFolder } from "../../cli/deploy/plan";
import type { DeployTarget } from "../../cli/deploy/target";
import { terraform } from "../../cli/deploy/terraform";
import { refuseFailure } from "../../cli/deploy/terraform-messages";
import { type PlannedStack, recordNames, type StackRecord } from "../../model/topology";

/**
 * Applies a stack of one log group to a target, as a cluster that has been taken out of the environment has left one: a
 * whole cluster takes minutes, and what is known of it is the same.
 */
export async function applyLeftStack(target: DeployTarget, like: string, id: string, logGroup: string): Promise<void> {
  const { provider, terraform: settings } = JSON.parse(
    readFileSync(join(target.out, "stacks", like, "cdk.tf.json"), "utf8"),
  ) as { provider: object; terraform: { required_providers: object } };
  const { root, environment, emulator } = target;
  const backend = backendConfig(environment, id, { root, emulatorEndpoint: emulator?.address.url });
  const stack = { family: "aws", layer: "programs", id, cluster: "edge", region: "eu-west-1", after: [], reads: [] };
  const record: StackRecord = { environment: environment.name, stack: stack as PlannedStack, protected: false };
  const path = join(target.out, "made-by-test", id);
  mkdirSync(path, { recursive: true });
  const config = {
    provider,
    terraform: { required_providers: settings.required_providers, backend: { [backend.kind]: backend.config } },
    resource: {
      aws_cloudwatch_log_group: { log: { name: logGroup } },
      terraform_data: { [recordNames.stack]: { input: JSON.stringify(record) } },
    },
  };
  writeFileSync(join(path, "cdk.tf.json"), JSON.stringify(config));
  const folder = { stack: id, path, env: target.env };
  await initFolder(target, folder);
  refuseFailure(id, await terraform(folder, ["apply", "-json", "-auto-approve"]));
  rmSync(path, { recursive: true });
}
