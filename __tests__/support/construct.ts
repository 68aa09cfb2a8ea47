import { App, TerraformStack, Testing } from "cdktf";
import type { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { Lookups } from "../../modules/aws/lookups";
import { synthesizeFast } from "../../modules/terraform/fast-synth";
import type { Block } from "./stacks";

synthesizeFast();

/** The resources that constructs make, as Terraform reads them: by type, in the order of their names. */
export function made(build: (scope: Construct) => unknown): Record<string, Block[]> {
  const stack = new TerraformStack(new App(), "made");
  build(stack);
  const { resource = {} } = JSON.parse(Testing.synth(stack)) as { resource?: Record<string, Record<string, Block>> };
  return Object.fromEntries(Object.entries(resource).map(([type, blocks]) => [type, Object.values(blocks)]));
}

export interface PolicyStatement {
  Sid?: string;
  Effect: string;
  Principal: unknown;
  Action: string | string[];
  Resource: string | string[];
  Condition?: unknown;
}

/** The statements of a policy's text. */
export const statements = (policy: unknown): PolicyStatement[] => JSON.parse(String(policy)).Statement;

/** What a stack of the environment `demo` in Ireland finds. */
export function lookupsOf(scope: Construct): Lookups {
  const platform = { region: "eu-west-1", domain: "demo.example.com", network: { cidr: "10.0.0.0/20" } };
  return new Lookups(scope, "found", "demo", { name: "core", platform } as unknown as EcsCluster);
}
