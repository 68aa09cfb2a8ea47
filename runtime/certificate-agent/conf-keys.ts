/**
 * The values of a printed nats.conf by dotted key: one entry a line, blocks indented, as natsform writes it. A list is
 * one value. The text of a value is compared, never understood.
 */
export function confValues(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const blocks: string[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.trim() === "") continue;
    if (line.trim() === "}") {
      blocks.pop();
      continue;
    }
    const [key, value] = splitEntry(line.trim());
    const path = [...blocks, key].join(".");
    if (value === "{") blocks.push(key);
    else if (value === "[") {
      const margin = /^ */.exec(line)?.[0] ?? "";
      const end = lines.findIndex((other, at) => at > index && other === `${margin}]`);
      values.set(path, lines.slice(index + 1, end < 0 ? undefined : end).join("\n"));
      if (end < 0) break;
      index = end;
    } else values.set(path, value);
  }
  return values;
}

/** `key: value`, where a key may be quoted; anything else, such as an include, is a key without a value. */
function splitEntry(line: string): [key: string, value: string] {
  const [, quote, quoted, plain, value] = /^(?:(["'])(.*?)\1|([A-Za-z_][\w-]*)): (.*)$/.exec(line) ?? [];
  return value === undefined ? [line, ""] : [quote ? (quoted ?? "") : (plain ?? ""), value];
}

/** Dotted keys whose values differ between two configurations, or that only one has; sorted. */
export function differingKeys(before: string, after: string): string[] {
  const [old, next] = [confValues(before), confValues(after)];
  return [...new Set([...old.keys(), ...next.keys()])].filter((key) => old.get(key) !== next.get(key)).sort();
}
