import { join } from "node:path";
import { findChart } from "../support/chart";
import { type Made, manifestsOf, objectsOf } from "../support/kubernetes-manifests";
import { findSchema, type KubernetesSchema } from "../support/kubernetes-schema";
import { kubernetesVariants } from "../support/kubernetes-variants";
import { type Block, projectWithCode, type Stack, synthesized } from "../support/stacks";

const found = findSchema();
const missing = "missing" in found ? found.missing : undefined;
const schema = found as KubernetesSchema;
const chart = findChart();
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`the schema of Kubernetes: skipped: ${missing}\n`);
else if ("missing" in chart) process.stderr.write(`the chart's objects are not checked: ${chart.missing}\n`);
const root = projectWithCode();

(missing ? describe.skip : describe)("every object on Kubernetes", () => {
  let stacks: Record<string, Stack>;
  let objects: Made[];
  beforeAll(async () => {
    stacks = synthesized(await kubernetesVariants(root), join(root, "out"));
    objects = objectsOf(stacks, schema);
  });
  const object = (kind: string): Made => {
    const one = objects.find(({ manifest }) => manifest.kind === kind);
    if (!one) throw new Error(`no ${kind} is made`);
    return one;
  };

  test("holds what the published schema lets it hold", () => {
    expect(objects.length).toBeGreaterThan(80);
    const problems = objects
      .filter(({ manifest }) => !googles.test(manifest.apiVersion))
      .flatMap(({ from, manifest }) =>
        schema.problems(manifest).map((problem) => `${from} ${manifest.kind}: ${problem}`),
      );
    expect(problems).toEqual([]);
  });

  test("has a name, and a namespace unless it is of the whole cluster", () => {
    const whole = ["Namespace", "StorageClass", "ClusterRoleBinding"];
    for (const { from, manifest } of objects) {
      const { name, namespace } = manifest.metadata;
      expect({ from, name }).toEqual({ from, name: expect.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/) });
      expect({ from, given: namespace !== undefined }).toEqual({ from, given: !whole.includes(manifest.kind) });
    }
  });

  // A check that passes over something would pass over a mistake there, too.
  test.each(["Deployment", "CronJob", "NetworkPolicy", "HorizontalPodAutoscaler", "StorageClass"])(
    "a misspelt field anywhere in a %s is found",
    (kind) => {
      const { manifest } = object(kind);
      const paths = fields(manifest);
      expect(paths.length).toBeGreaterThan(5);
      for (const path of paths) {
        const misspelt = edited(manifest as unknown as Block, path, (block, field) => {
          const { [field]: value, ...others } = block;
          return { ...others, [`${field}x`]: value };
        });
        const isFound = schema.problems(misspelt as unknown as Made["manifest"]).length > 0;
        expect({ path: path.join("."), isFound }).toEqual({ path: path.join("."), isFound: true });
      }
    },
  );

  test("so is one in Terraform's spelling", () => {
    const stack = structuredClone(stacks["kubernetes-production-nats-auth"]) as Stack;
    const [deployment] = Object.values(stack.resource.kubernetes_deployment_v1 ?? {});
    const { template } = (deployment as { spec: { template: { spec: { container: Block[] } } } }).spec;
    Object.assign(template.spec.container[0] as Block, { image_pull_polcy: "Always" });
    expect(manifestsOf(stack, schema).flatMap(({ manifest }) => schema.problems(manifest))).toEqual([
      'spec.template.spec.containers.0: Unrecognized key: "image_pull_polcy"',
    ]);
  });

  test.each<[string, (string | number)[], unknown]>([
    ["a number as text", ["spec", "template", "spec", "securityContext", "runAsUser"], "one"],
    ["text as a number", ["spec", "template", "spec", "serviceAccountName"], 7],
    ["a list for an object", ["spec", "selector"], []],
    ["an object for a list", ["spec", "template", "spec", "containers"], {}],
    ["a fraction", ["spec", "template", "spec", "terminationGracePeriodSeconds"], 1.5],
    ["a quantity that is none", ["spec", "template", "spec", "containers", 0, "resources", "limits", "cpu"], "1 CPU"],
    ["nothing where something is required", ["spec", "template"], undefined],
    ["a kind that is not there", ["kind"], "Deploymnet"],
  ])("%s is found", (_, path, value) => {
    const { manifest } = object("Deployment");
    const wrong = edited(manifest as unknown as Block, path, (block, field) =>
      Array.isArray(block) ? Object.assign([...block], { [field]: value }) : { ...block, [field]: value },
    );
    expect(schema.problems(JSON.parse(JSON.stringify(wrong)))).toHaveLength(1);
  });
});

/** Google publishes no schemas of its own kinds that could be pinned. */
const googles = /^(cloud\.google\.com|networking\.gke\.io)\//;

/** Maps whose keys are the writer's own. */
const maps = /^(labels|annotations|matchLabels|selector|data|limits|requests|parameters)$/;

/** The path of every field that the API gives its name. */
function fields(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((item, i) => fields(item, [...path, i]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    [...path, key],
    // The selector of a Service is a map, that of a Deployment holds `matchLabels`.
    ...(maps.test(key) && !hasFields(item) ? [] : fields(item, [...path, key])),
  ]);
}
const hasFields = (value: unknown) => typeof value === "object" && value !== null && "matchLabels" in value;

function edited(value: Block, path: (string | number)[], edit: (block: Block, field: string | number) => Block): Block {
  const [field = "", ...rest] = path;
  if (rest.length === 0) return edit(value, field);
  const below = edited(value[field] as Block, rest, edit);
  return (Array.isArray(value) ? value.with(Number(field), below) : { ...value, [field]: below }) as Block;
}
