import { createHash } from "node:crypto";

/** A configuration as nats-server has read it: sizes are numbers, variables and includes are what they stand for. */
export type ReadValue = string | number | boolean | readonly ReadValue[] | { readonly [key: string]: ReadValue };

/**
 * The digest that nats-server computes of a configuration and reports as `config_digest`: SHA-256 over its JSON in Go's
 * form (nats-server conf/parse.go, `configDigest`). Pure.
 *
 * @returns `sha256:` and 64 hexadecimal digits
 */
export const configDigest = (conf: ReadValue): string =>
  `sha256:${createHash("sha256")
    .update(`${goJson(conf)}\n`)
    .digest("hex")}`;

/** Go sorts keys by their bytes, and escapes what would be markup in HTML. */
function goJson(value: ReadValue): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${entries.map(([key, item]) => `${goJson(key)}:${goJson(item)}`).join(",")}}`;
  }
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const units = ["k", "m", "g", "t"];

/** A value without quotes as nats-server reads it; `undefined` for one that it reads in a way that is not known here. */
export function readScalar(text: string): ReadValue | undefined {
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  const size = /^(-?\d+)([kmgt])?(i?b|i)?$/i.exec(text);
  if (size) {
    const [, count = "", unit, binary] = size;
    if (unit === undefined && binary !== undefined) return undefined;
    const power = unit === undefined ? 0 : units.indexOf(unit.toLowerCase()) + 1;
    const number = Number(count) * (binary ? 1024 : 1000) ** power;
    return Number.isSafeInteger(number) ? number : undefined;
  }
  if (/^-?\d+\.\d+$/.test(text)) return Number(text);
  return /^[A-Za-z_][\w.:/-]*$/.test(text) ? text : undefined;
}
