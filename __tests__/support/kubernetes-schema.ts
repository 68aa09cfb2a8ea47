import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { toolPath } from "../../cli/core/toolbox/find";
import type { Manifest } from "./chart";

/** A place of Kubernetes' OpenAPI document, or of a custom resource's schema. */
export interface Definition {
  type?: string;
  format?: string;
  $ref?: string;
  properties?: Record<string, Definition>;
  additionalProperties?: Definition | boolean;
  items?: Definition;
  [keyword: string]: unknown;
}
interface Gvk {
  group: string;
  version: string;
  kind: string;
}
const gvkKeyword = "x-kubernetes-group-version-kind";
const gvks = (definition: Definition) => (definition[gvkKeyword] ?? []) as Gvk[];
export const apiVersionOf = ({ group, version }: Gvk) => (group ? `${group}/${version}` : version);

/** The schemas that `make kubernetes-tools` has taken out of the pinned modules; otherwise why there are none. */
export function findSchema(): KubernetesSchema | { missing: string } {
  const folder = toolPath("kubernetes-schemas");
  if (!folder) return { missing: "the published schemas are not there: make kubernetes-tools" };
  // JSON is YAML, but for the large document that parser takes seconds.
  const read = (file: string) => {
    const text = readFileSync(join(folder, file), "utf8");
    return file.endsWith(".json") ? JSON.parse(text) : parse(text);
  };
  const crds = readdirSync(folder).filter((file) => file.endsWith("-crd.json") || file.endsWith(".yaml"));
  return new KubernetesSchema(Object.assign(read("swagger.json").definitions, ...crds.map(read).map(customResource)));
}

interface CustomResource {
  spec: {
    group: string;
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: Definition } }[];
  };
}

/** The schema of each version of a custom resource, named and marked as Kubernetes does with its own. */
const customResource = ({ spec: { group, names, versions } }: CustomResource): Record<string, Definition> =>
  Object.fromEntries(
    versions.map(({ name: version, schema: { openAPIV3Schema } }) => [
      `${group}.${version}.${names.kind}`,
      {
        ...openAPIV3Schema,
        properties: { ...openAPIV3Schema.properties, metadata: { $ref: `#/definitions/${metadata}` } },
        [gvkKeyword]: [{ group, version, kind: names.kind }],
      },
    ]),
  );
const metadata = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** What objects of Kubernetes may hold; stricter than the document, as the API server is: an unknown field is an error. */
export class KubernetesSchema {
  readonly #strict: Record<string, unknown>;
  readonly #compiled = new Map<string, z.ZodType>();

  constructor(readonly definitions: Record<string, Definition>) {
    const entries = Object.entries(definitions).map(([name, one]) => [name, named[name] ?? strict(one)]);
    this.#strict = Object.fromEntries(entries);
  }

  /** The names of the definitions of kinds that are so. */
  find(desired: (gvk: Gvk) => boolean): { name: string; gvk: Gvk }[] {
    return Object.entries(this.definitions).flatMap(([name, definition]) => {
      const [gvk, ...more] = gvks(definition);
      // What is of many groups are the options of requests.
      return gvk && more.length === 0 && desired(gvk) ? [{ name, gvk }] : [];
    });
  }

  /** The definition itself instead of the reference to it. */
  resolve(definition: Definition): Definition {
    const name = definition.$ref?.replace("#/definitions/", "");
    if (name === undefined) return definition;
    const found = this.definitions[name];
    if (!found) throw new Error(`the schema has no ${name}`);
    return found;
  }

  /** What the API would refuse in the object: `spec.template.spec.containers.0: Unrecognized key: "imagePolicy"`. */
  problems(manifest: Manifest): string[] {
    const { apiVersion, kind } = manifest;
    const [found] = this.find((gvk) => apiVersionOf(gvk) === apiVersion && gvk.kind === kind);
    if (!found) return [`the schema has no ${kind} of ${apiVersion}`];
    const { error } = this.#compile(found.name).safeParse(manifest);
    return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
  }

  #compile(name: string): z.ZodType {
    const compiled = this.#compiled.get(name);
    if (compiled) return compiled;
    const schema = { $ref: `#/definitions/${name}`, definitions: this.#strict };
    const made = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { defaultTarget: "draft-7" });
    this.#compiled.set(name, made);
    return made;
  }
}

/** Definitions whose text says what the schema leaves out. */
const named: Record<string, unknown> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": {
    anyOf: [
      { type: "number" },
      { type: "string", pattern: "^[+-]?(\\d+\\.?\\d*|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?$" },
    ],
  },
};
const kept = ["type", "format", "$ref", "required", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"];

function strict(definition: Definition): unknown {
  const { properties, additionalProperties, items } = definition;
  // Patterns are Go's: JavaScript knows no `(?i)`, and does without the one pattern that has it.
  const isKept = (keyword: string, value: unknown) => kept.includes(keyword) && !String(value).includes("(?i)");
  if (isIntOrString(definition)) return { anyOf: [{ type: "integer" }, { type: "string" }] };
  const open = definition["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...Object.fromEntries(Object.entries(definition).filter(([keyword, value]) => isKept(keyword, value))),
    ...(properties && { properties: mapped(properties), additionalProperties: open }),
    ...(typeof additionalProperties === "object" && { additionalProperties: strict(additionalProperties) }),
    ...(items && { items: strict(items) }),
  };
}

const mapped = (properties: Record<string, Definition>) =>
  Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)]));

export const isIntOrString = (definition: Definition) =>
  definition.format === "int-or-string" || definition["x-kubernetes-int-or-string"] === true;
