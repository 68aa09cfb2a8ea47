import { parse } from "yaml";
import { findChart, type Manifest, renderChart } from "./chart";
import { apiVersionOf, type Definition, isIntOrString, type KubernetesSchema } from "./kubernetes-schema";
import type { Block, Stack } from "./stacks";

/** An object of Kubernetes, and where it comes from: `<stack> <resource>`. */
export interface Made {
  from: string;
  manifest: Manifest;
}

/** Every object of the stacks; those of the chart only where it is. */
export const objectsOf = (stacks: Record<string, Stack>, schema: KubernetesSchema): Made[] =>
  Object.values(stacks).flatMap((stack) => [
    ...manifestsOf(stack, schema),
    ...("missing" in findChart() ? [] : chartManifestsOf(stack)),
  ]);

/** What Terraform's resources are in the API's own spelling: what is a list or an object there is for the schema to say. */
export function manifestsOf(stack: Stack, schema: KubernetesSchema): Made[] {
  return blocksOf(stack, /^kubernetes_/).map(({ address, type, block }) => {
    const { name, gvk } = kindOf(type, schema);
    const fields = Object.fromEntries(Object.entries(block).filter(([key]) => !terraformOnly.test(key)));
    const converted = toApi(resolved(fields, stack), { $ref: `#/definitions/${name}` }, schema, gvk.kind);
    const manifest = { apiVersion: apiVersionOf(gvk), kind: gvk.kind, ...(converted as object) } as Manifest;
    return { from: `${stack.name} ${address}`, manifest };
  });
}

/** What Helm makes of the stack's releases, without what `helm test` alone runs; only where `findChart` finds it. */
export function chartManifestsOf(stack: Stack): Made[] {
  return blocksOf(stack, /^helm_release$/).flatMap(({ address, block }) => {
    const { name, namespace, values } = resolved(block, stack) as { name: string; namespace: string; values: string[] };
    return renderChart(parse(values[0] ?? ""), { name, namespace })
      .filter(({ metadata: { annotations } }) => annotations?.["helm.sh/hook"] !== "test")
      .map((manifest) => ({
        from: `${stack.name} ${address}`,
        manifest: { ...manifest, metadata: { namespace, ...manifest.metadata } },
      }));
  });
}

/** The template of the pods that the object makes. */
export function podTemplate({ manifest }: Made): { metadata: Manifest["metadata"]; spec: Block } | undefined {
  type Spec = { template?: { metadata: Manifest["metadata"]; spec: Block }; jobTemplate?: { spec: Spec } };
  const spec = manifest.spec as Spec | undefined;
  return (spec?.jobTemplate?.spec ?? spec)?.template;
}

const blocksOf = (stack: Stack, desired: RegExp) =>
  Object.entries(stack.resource)
    .filter(([type]) => desired.test(type))
    .flatMap(([type, blocks]) =>
      Object.entries(blocks).map(([name, block]) => ({ address: `${type}.${name}`, type, block })),
    );

/** What is for Terraform alone, and not for the API. */
const terraformOnly = /^(\/\/|lifecycle|depends_on|timeouts|wait_for_\w+|data_wo_revision)$/;

/** What Terraform's provider calls otherwise than the API. */
const renamed: Record<string, string> = { storage_provisioner: "provisioner", data_wo: "stringData" };

/** `kubernetes_cron_job_v1` is the kind CronJob of a group's v1. */
function kindOf(type: string, schema: KubernetesSchema) {
  const { kind, version } = /^kubernetes_(?<kind>\w+)_(?<version>v\d\w*)$/.exec(type)?.groups ?? {};
  const found = schema.find((gvk) => gvk.kind.toLowerCase() === kind?.replaceAll("_", "") && gvk.version === version);
  const [one] = found;
  if (!one || found.length > 1) throw new Error(`${found.length} kinds of the API are a ${type}`);
  return one;
}

/** With Terraform's references replaced by what they will be, where that is written down: names are. */
function resolved(value: unknown, stack: Stack): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, stack));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, stack)]));
  }
  if (typeof value !== "string") return value;
  if (isDnsNetwork(value)) return `${dnsAddress}/32`;
  const known = value.replace(/(?<!\$)\$\{([\w.[\]-]+)\}/g, (_, reference: string) => referred(reference, stack));
  return /(?<!\$)\$\{/.test(known) ? unknown : known.replace(/([$%])\1\{/g, "$1{");
}

/** The address of the DNS's Service, which Terraform looks up: what stands for it has to be one. */
export const isDnsNetwork = (value: string) => /^\$\{.*\bdata\.kubernetes_service_v1\./.test(value);
export const dnsAddress = "10.96.0.10";

/** Instead of what Terraform computes, or learns from somebody. */
const unknown = "(known after the apply)";

function referred(reference: string, stack: Stack): string {
  const [type = "", name = "", ...path] = reference.split(/[.[\]]+/).filter(Boolean);
  const block = stack.resource[type]?.[name];
  if (!block) throw new Error(`${stack.name} has nothing that \${${reference}} refers to`);
  const keys = path.join() === "id" ? ["metadata", "name"] : path.filter((key) => key !== "0");
  const found = keys.reduce<unknown>((below, key) => (below as Block | undefined)?.[key], block);
  return typeof found === "string" ? found : unknown;
}

function toApi(value: unknown, reference: Definition, schema: KubernetesSchema, key: string): unknown {
  const definition = schema.resolve(reference);
  const below = (item: unknown, of: Definition, name = key) => toApi(item, of, schema, name);
  const { properties, additionalProperties, items } = definition;
  if (definition.type === "array" && items) {
    return (Array.isArray(value) ? value : [value]).map((item) => below(item, items));
  }
  // Blocks that the API has once may be lists of one.
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (properties && isBlock(one)) {
    const fields = Object.entries(one).map(([name, item]) => [fieldOf(name, properties), item] as const);
    return Object.fromEntries(fields.map(([name, item]) => [name, below(item, properties[name] ?? {}, name)]));
  }
  if (isBlock(one) && typeof additionalProperties === "object") {
    return Object.fromEntries(Object.entries(one).map(([name, item]) => [name, below(item, additionalProperties)]));
  }
  return typeof one === "string" ? scalar(one, definition, key) : one;
}

const isBlock = (value: unknown): value is Block =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Terraform writes numbers as text where they may be missing, and names repeated blocks in the singular. */
function scalar(text: string, definition: Definition, key: string): unknown {
  if (isIntOrString(definition) && /^\d+$/.test(text)) return Number(text);
  if (definition.type === "integer" && /^\d+$/.test(text)) return Number.parseInt(text, /mode$/i.test(key) ? 8 : 10);
  return definition.format === "byte" ? Buffer.from(text).toString("base64") : text;
}

/** The API's name of a field; what is none of its fields stays, and is found by the check. */
function fieldOf(name: string, fields: Record<string, unknown>): string {
  const desired = (renamed[name] ?? name).replaceAll("_", "").toLowerCase();
  const plurals = [desired, `${desired}s`, desired.replace(/y$/, "ies")];
  const known = Object.keys(fields);
  return plurals.map((one) => known.find((field) => field.toLowerCase() === one)).find(Boolean) ?? name;
}
