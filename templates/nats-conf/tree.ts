/** A server's configuration as a typed tree, and its one printer. */
export type ConfValue = string | number | boolean | Raw | Include | readonly ConfValue[] | ConfObject;
/** A block. Keys that are `undefined` are left out, so that optional settings need no conditions. */
export interface ConfObject {
  readonly [key: string]: ConfValue | undefined;
}

/** Text that NATS reads as syntax, not as a string: variables and sizes with units. */
export class Raw {
  constructor(readonly text: string) {}
}

/**
 * `$NAME`. NATS parses the variable's value as configuration, so it must be a whole value, never part of a string.
 *
 * @throws when the name is not letters and underscores: NATS would read a digit as the end of the name
 */
export function variable(name: string): Raw {
  if (!/^[A-Za-z_]+$/.test(name)) throw new Error(`a variable is letters and underscores, got ${name}`);
  return new Raw(`$${name}`);
}

/** Bytes, in the largest binary unit that divides them. Unquoted: NATS refuses a quoted size. */
export function bytes(count: number): Raw {
  const units = ["", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count > 0 && count % 1024 === 0 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return new Raw(`${count}${units[unit]}`);
}

/** `30s`, in the largest unit that divides it and that NATS knows (days are not among them). */
export function duration(ms: number): string {
  const units: [string, number][] = [
    ["h", 3600e3],
    ["m", 60e3],
    ["s", 1e3],
  ];
  const [name, factor] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ["ms", 1];
  return `${ms / factor}${name}`;
}

/**
 * `include "file"`, as an entry without a key and a value; the key in the tree is not printed. NATS joins the path to
 * the folder of the including file, even one that begins with a slash.
 */
export class Include {
  constructor(readonly file: string) {}
}

/** True for a block of further keys. */
export const isBlock = (value: ConfValue | undefined): value is ConfObject =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof Raw) && !(value instanceof Include);

/**
 * A string as NATS reads it. NATS knows the escapes \xXX \t \n \r \" and \\ alone, takes \xXX for one byte, and refuses
 * JSON's \u0001 and \b; everything else, text beyond ASCII included, stands for itself.
 */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (char === '"' || char === "\\") out += `\\${char}`;
    else if (char === "\n") out += "\\n";
    else if (char === "\r") out += "\\r";
    else if (char === "\t") out += "\\t";
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += char;
  }
  return `${out}"`;
}

function printValue(value: ConfValue, margin: string): string {
  if (value instanceof Raw) return value.text;
  if (value instanceof Include) throw new Error("an include stands in place of a key and its value, not in a list");
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Error(`NATS knows whole numbers here, got ${value}`);
    return String(value);
  }
  if (typeof value === "boolean") return String(value);
  const inner = `${margin}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => `${inner}${printValue(item, inner)}`).join("\n")}\n${margin}]`;
  }
  const lines = printEntries(value as ConfObject, inner);
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${margin}}`;
}

/**
 * A key as NATS reads it: plain where it may be, otherwise in the quotes that it does not hold, since keys know no
 * escapes.
 *
 * @throws when NATS has no notation for the key
 */
function printKey(key: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !/^include$/i.test(key)) return key;
  const mark = ['"', "'"].find((candidate) => !key.includes(candidate));
  // To NATS's lexer a NUL is the end of the file: everything behind it would silently be missing.
  if (!mark || key === "" || key.includes("\0")) throw new Error(`NATS cannot write this key: ${JSON.stringify(key)}`);
  return `${mark}${key}${mark}`;
}

function printEntries(object: ConfObject, margin: string): string[] {
  return Object.entries(object)
    .filter((entry): entry is [string, ConfValue] => entry[1] !== undefined)
    .map(([key, value]) =>
      value instanceof Include
        ? `${margin}include ${quote(value.file)}`
        : `${margin}${printKey(key)}: ${printValue(value, margin)}`,
    );
}

/** The whole file. */
export const printConf = (object: ConfObject): string => `${printEntries(object, "").join("\n")}\n`;
