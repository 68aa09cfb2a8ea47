import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const library = join(__dirname, "../../node_modules/@cdktf/provider-aws/lib");

interface Attribute {
  name: string;
  kind: string;
  /** Function that writes what is in a block. */
  of?: string;
}

/**
 * Attributes of a resource whose order means nothing, by path: `load_balancer`, `network_configuration.*.subnets`. From the
 * prebuilt package, which is made from the provider's schema.
 */
export function setsOf(type: string): string[] {
  const folder = type.replace(/^aws_/, "").replaceAll("_", "-");
  const file = join(library, folder, "index.js");
  if (!existsSync(file)) throw new Error(`no ${type} in the prebuilt package`);
  // Blocks of large resources lie in files of their own.
  const more = ["index-structs/structs0.js", "index-structs/index.js"].map((name) => join(library, folder, name));
  const text = [file, ...more.filter(existsSync)].map((one) => readFileSync(one, "utf8")).join("\n");
  const blocks = new Map<string, Attribute[]>();
  for (const [, name = "", body = ""] of text.matchAll(/function (\w+ToHclTerraform)\(struct\) \{([\s\S]*?)\n\}/g))
    blocks.set(name, attributesIn(body));
  const own = /synthesizeHclAttributes\(\) \{([\s\S]*?)\n {4}\}/.exec(text)?.[1] ?? "";
  const below = (attributes: readonly Attribute[], path: string): string[] =>
    attributes.flatMap(({ name, kind, of }) => [
      ...(kind === "set" ? [`${path}${name}`] : []),
      ...(of === undefined ? [] : below(blocks.get(of) ?? [], `${path}${name}.*.`)),
    ]);
  return below(attributesIn(own), "").sort();
}

const attribute = /^ +(\w+): \{\s+value: (.*),\s+isBlock: (true|false),\s+type: "(\w+)"/gm;

const attributesIn = (text: string): Attribute[] =>
  [...text.matchAll(attribute)].map(([, name = "", value = "", isBlock, kind = ""]) => {
    const of = isBlock === "true" ? /(\w+ToHclTerraform)/.exec(value)?.[1] : undefined;
    return { name, kind, ...(of !== undefined && { of }) };
  });
