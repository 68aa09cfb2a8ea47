import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PlannedChange } from "../plan";
import { type DeployTarget, stackFolder } from "../target";

const Synthesized = z.object({
  resource: z.object({
    aws_ecs_service: z.record(
      z.string(),
      z.object({ task_definition: z.string(), depends_on: z.array(z.string()).default([]) }),
    ),
  }),
});

/**
 * What of a plan new tasks need before they start: their definitions, what their services wait for, and who may reach what. Terraform
 * adds what these depend on.
 */
export function restartTargets(target: DeployTarget, stack: string, changes: readonly PlannedChange[]): string[] {
  const text = readFileSync(join(stackFolder(target, stack).path, "cdk.tf.json"), "utf8");
  const services = Object.values(Synthesized.parse(JSON.parse(text)).resource.aws_ecs_service);
  const needed = new Set(
    services.flatMap(({ task_definition, depends_on }) => [
      task_definition.replace(/^\$\{(.+)\.arn\}$/, "$1"),
      ...depends_on.filter((one) => !one.startsWith("aws_ecs_service.")),
    ]),
  );
  return changes
    .filter(
      ({ address, action }) => needed.has(address) || (isAccess(address) && ["create", "update"].includes(action)),
    )
    .filter(({ action }) => action !== "delete")
    .map(({ address }) => address);
}

const isAccess = (address: string) => /^aws_(vpc_security_group|security_group_rule|efs)_/.test(address);
