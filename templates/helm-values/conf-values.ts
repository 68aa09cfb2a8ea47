import { type ConfObject, type ConfValue, Include, isBlock, Raw } from "../nats-conf";

/** A part of a server's configuration in the chart's notation: what is not quoted stands between `<<` and `>>`. */
export function toValues(object: ConfObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      if (value === undefined) return [];
      return value instanceof Include ? [["$include", value.file]] : [[key, toValue(value)]];
    }),
  );
}

function toValue(value: ConfValue): unknown {
  if (value instanceof Raw) return `<< ${value.text} >>`;
  if (Array.isArray(value)) return value.map(toValue);
  return isBlock(value) ? toValues(value) : value;
}

/** Rest of a block for `merge`, without the keys that the chart has values for. */
export function rest(block: ConfObject, ...written: string[]): Record<string, unknown> {
  return toValues(Object.fromEntries(Object.entries(block).filter(([key]) => !written.includes(key))));
}

/** A block of a configuration that must exist. */
export function blockOf(conf: ConfObject, key: string): ConfObject {
  const block = conf[key];
  if (!isBlock(block)) throw new Error(`the configuration has no block ${key}`);
  return block;
}
