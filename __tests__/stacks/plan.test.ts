import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import type { EnvironmentInput } from "../../model/config";
import {
  buildTopology,
  clusterTopology,
  holdsServers,
  noteOutput,
  readDeployedNote,
  recordedTrust,
  recordNames,
  stackPlan,
} from "../../model/topology";
import { addStacks, type StackContext } from "../../stacks";
import { environmentOf, mixedEnvironment, neighbours } from "../support/mixed-environment";
import { addresses, contextOf, projectWithCode, shippedEnvironments, synthesized, variants } from "../support/stacks";

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

test("stacks of servers carry what these are made from as an output, after all else, and no other stack does", async () => {
  for (const context of await contexts()) {
    const { topology, trust } = context;
    if (stackPlan(topology).length === 0) continue;
    const outdir = join(root, "out", `${topology.environment}-notes`);
    mkdirSync(outdir, { recursive: true });
    const stacks = synthesized([context], outdir);
    for (const stack of stackPlan(topology)) {
      const written = stacks[stack.id];
      const output = written?.output[noteOutput];
      expect([stack.id, output !== undefined]).toEqual([stack.id, holdsServers(stack)]);
      if (!output || !written) continue;
      const noted = { topology: clusterTopology(topology, stack.cluster ?? ""), trust: recordedTrust(trust) };
      expect(readDeployedNote(output.value)).toEqual(JSON.parse(JSON.stringify(noted)));
      expect(output.sensitive).toBe(true);
      expect([...(output.depends_on as string[])].sort()).toEqual(addresses(written).filter(isMade).sort());
    }
  }
});
const isMade = (address: string) => address !== `terraform_data.${recordNames.stack}`;

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
