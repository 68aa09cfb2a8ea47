import { type ReadValue, readScalar, UnreadableConf } from "../nats-conf";

/** What a configuration refers to: variables of the server's environment, and files that it includes. */
export interface References {
  /** Text of a variable; `undefined` when only the pod knows it. */
  variable(name: string): string | undefined;
  /** Contents of an included file, by its path; `undefined` when it is not known. */
  include(path: string): Record<string, ReadValue> | undefined;
}

const tokens = /"(?:[^"\\]|\\.)*"|include\s+[^;\n]+;|[{}[\],:]|[^\s"{}[\],:][^\s"{}[\],]*/g;

/**
 * Reads the text of the chart's ConfigMap: JSON in which variables, sizes and includes have no quotes.
 *
 * @throws UnreadableConf
 */
export function readChartConf(text: string, references: References): ReadValue {
  return new Reader(text.match(tokens) ?? [], references).value();
}

class Reader {
  constructor(
    readonly left: string[],
    readonly references: References,
  ) {}

  private next(): string {
    const token = this.left.shift();
    if (token === undefined) throw new UnreadableConf("the configuration ends too early");
    return token;
  }

  value(token = this.next()): ReadValue {
    if (token === "{") return this.object();
    if (token === "[") return this.list();
    return token.startsWith('"') ? (JSON.parse(token) as string) : this.unquoted(token);
  }

  private object(): ReadValue {
    const entries: [string, ReadValue][] = [];
    for (let token = this.next(); token !== "}"; token = this.next()) {
      if (token === ",") continue;
      const path = /^include\s+(.+);$/.exec(token)?.[1];
      if (path !== undefined) entries.push(...Object.entries(this.included(path.trim())));
      else {
        this.next(); // the colon
        entries.push([JSON.parse(token) as string, this.value()]);
      }
    }
    return Object.fromEntries(entries);
  }

  private list(): ReadValue {
    const items: ReadValue[] = [];
    for (let token = this.next(); token !== "]"; token = this.next()) if (token !== ",") items.push(this.value(token));
    return items;
  }

  private unquoted(token: string): ReadValue {
    const name = /^\$(\w+)$/.exec(token)?.[1];
    const text = name === undefined ? token : this.references.variable(name);
    const read = text === undefined ? undefined : readScalar(text);
    if (read !== undefined) return read;
    throw new UnreadableConf(`${token} is not known here`);
  }

  private included(path: string): Record<string, ReadValue> {
    const found = this.references.include(path);
    if (!found) throw new UnreadableConf(`${path} is not known here`);
    return found;
  }
}
