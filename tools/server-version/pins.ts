/**
 * Places that name the default release because nothing can be imported there. tools/go.mod is another one, which Go
 * itself writes; docs/reference and the README's picture are made of the code.
 */
export const pins: readonly { file: string; pattern: RegExp }[] = [
  ...["aws-production", "demo", "ec2-production", "kubernetes-production", "territories"].map((name) => ({
    file: `environments/${name}.ts`,
    pattern: /(?<=nats: \{ version: ")\d+\.\d+\.\d+/g,
  })),
  { file: "README.md", pattern: /(?<=nats: \{ version: ")\d+\.\d+\.\d+|(?<=of cluster demo-core, )\d+\.\d+\.\d+/g },
  { file: "docs/decisions.md", pattern: /(?<=The default is )\d+\.\d+\.\d+/g },
  { file: "docs/kubernetes.md", pattern: /(?<=\| the pinned version, )\d+\.\d+\.\d+/g },
];

export const goModPin = /(?<=github\.com\/nats-io\/nats-server\/v2 v)\d+\.\d+\.\d+/g;

/** Versions that a text names in the places of a pin. */
export const pinned = (text: string, pattern: RegExp): string[] => text.match(pattern) ?? [];

/** The text with another version there. @throws where no place is found: then the pattern is out of date */
export function withPin(text: string, { file, pattern }: (typeof pins)[number], version: string): string {
  if (pinned(text, pattern).length === 0) throw new Error(`${file} names no version where it did`);
  return text.replace(pattern, version);
}
