import { configDigest, type ReadValue, readScalar } from "./config-digest";
import { type ConfObject, type ConfValue, Include, isBlock, Raw } from "./tree";

/** A reference, or a value in a notation that natsform does not write, which cannot be read from here. */
export class UnreadableConf extends Error {
  override readonly name = "UnreadableConf";
}

/** Contents of an included file, by its path; `undefined` when it is not known. */
export type IncludedFile = (path: string) => Record<string, ReadValue> | undefined;

/**
 * The digest that a server reports of a configuration, once it runs it. Pure.
 *
 * @throws UnreadableConf for a variable, or an included file that is not known
 */
export const renderedDigest = (conf: ConfObject, include: IncludedFile): string => configDigest(read(conf, include));

function read(value: ConfValue, include: IncludedFile): ReadValue {
  if (value instanceof Raw) {
    const scalar = readScalar(value.text);
    if (scalar === undefined) throw new UnreadableConf(`${value.text} is not known here`);
    return scalar;
  }
  if (Array.isArray(value)) return value.map((item: ConfValue) => read(item, include));
  if (!isBlock(value)) return value as string | number | boolean;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (inner === undefined) return [];
      if (!(inner instanceof Include)) return [[key, read(inner, include)]];
      const file = include(inner.file);
      if (!file) throw new UnreadableConf(`${inner.file} is not known here`);
      return Object.entries(file);
    }),
  );
}
