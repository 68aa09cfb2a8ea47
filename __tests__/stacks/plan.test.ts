import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import type { EnvironmentInput } from "../../model/config";
import { buildTopology, stackPlan } from "../../model/topology";
import { addStacks, type StackContext } from "../../stacks";
import { environmentOf, mixedEnvironment, neighbours } from "../support/mixed-environment";
import { contextOf, projectWithCode, shippedEnvironments, variants } from "../support/stacks";

const root = projectWithCode();

interface Manifest {
  stacks: Record<string, { dependencies: string[] }>;
}

function manifestOf(context: StackContext): Manifest["stacks"] {
  const outdir = join(root, "out", context.environment.name);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  addStacks(app, context);
  app.synth();
  return (JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as Manifest).stacks;
}

async function contextFor(input: EnvironmentInput): Promise<StackContext> {
  const environment = environmentOf(input);
  const topology = buildTopology(environment);
  const { trust } = await makeKeys(topology, new MemoryStore());
  return { environment, topology, trust, settings: { root, environments: [environment.name] } };
}

const contexts = async (): Promise<StackContext[]> => [
  ...(await Promise.all(shippedEnvironments().map((name) => contextOf(name, root)))),
  ...(await variants(root)),
  await contextFor(mixedEnvironment()),
  await contextFor(neighbours({ joined: true })),
  await contextFor(neighbours({ joined: false })),
];

test("what is planned is what is synthesized, in the plan's order, for every environment", async () => {
  for (const context of await contexts()) {
    const plan = stackPlan(context.topology);
    if (plan.length === 0) continue;
    const stacks = manifestOf(context);
    expect(Object.keys(stacks).sort()).toEqual(plan.map(({ id }) => id).sort());
    for (const { id, after } of plan) expect([id, stacks[id]?.dependencies.sort()]).toEqual([id, [...after].sort()]);
  }
});

test("of clusters that share a namespace the one that is deployed first makes it", async () => {
  for (const joined of [true, false]) {
    const context = await contextFor(neighbours({ joined }));
    manifestOf(context);
    const [first] = stackPlan(context.topology);
    const makers = stackPlan(context.topology).filter(({ id }) =>
      readFileSync(join(root, "out", "neighbours", "stacks", id, "cdk.tf.json"), "utf8").includes(
        "kubernetes_namespace_v1",
      ),
    );
    expect(makers.map(({ id }) => id)).toEqual([first?.id]);
  }
});
