import { type ReadValue, readScalar } from "../nats-conf";

/** What a configuration refers to: variables of the server's environment, and files that it includes. */
export interface References {
  /** Text of a variable; `undefined` when only the pod knows it. */
  variable(name: string): string | undefined;
  /** Contents of an included file, by its path; `undefined` when it is not known. */
  include(path: string): Record<string, ReadValue> | undefined;
}

/** A reference, or a value in a notation that natsform does not write, which cannot be read from here. */
export class UnreadableConf extends Error {
  override readonly name = "UnreadableConf";
}

const tokens = /"(?:[^"\\]|\\.)*"|include\s+[^;\n]+;|[{}[\],:]|[^\s"{}[\],:][^\s"{}[\],]*/g;

/**
 * Reads the text of the chart's ConfigMap: JSON in which variables, sizes and includes have no quotes.
 *
 * @throws UnreadableConf
 */
export function readChartConf(text: string, references: References): ReadValue {
  const left = text.match(tokens) ?? [];
  const next = (): string => {
    const token = left.shift();
    if (token === undefined) throw new UnreadableConf("the configuration ends too early");
    return token;
  };
  const object = (): ReadValue => {
    const entries: [string, ReadValue][] = [];
    for (let token = next(); token !== "}"; token = next()) {
      if (token === ",") continue;
      const path = /^include\s+(.+);$/.exec(token)?.[1];
      if (path !== undefined) entries.push(...Object.entries(included(path.trim())));
      else {
        next(); // the colon
        entries.push([JSON.parse(token) as string, value(next())]);
      }
    }
    return Object.fromEntries(entries);
  };
  const list = (): ReadValue => {
    const items: ReadValue[] = [];
    for (let token = next(); token !== "]"; token = next()) if (token !== ",") items.push(value(token));
    return items;
  };
  const value = (token: string): ReadValue => {
    if (token === "{") return object();
    if (token === "[") return list();
    if (token.startsWith('"')) return JSON.parse(token) as string;
    const name = /^\$(\w+)$/.exec(token)?.[1];
    const written = name === undefined ? token : references.variable(name);
    const read = written === undefined ? undefined : readScalar(written);
    if (read === undefined)
      throw new UnreadableConf(name === undefined ? `${token} is not known` : `$${name} is not known here`);
    return read;
  };
  const included = (path: string): Record<string, ReadValue> => {
    const found = references.include(path);
    if (!found) throw new UnreadableConf(`${path} is not known here`);
    return found;
  };
  return value(next());
}
