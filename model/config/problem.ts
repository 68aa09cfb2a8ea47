/** One thing that is wrong with a file: where, what was found there, why it is wrong and what to do. */
export interface Problem {
  path: readonly (string | number)[];
  /** The value at the path, `undefined` when there is none; left out where no value is meant. */
  got?: unknown;
  message: string;
  fix?: string;
}

/** Problems of one file. */
export interface FileProblems {
  file: string;
  problems: readonly Problem[];
}

/** `clusters.core.platform.zones[0]`, as it is written in TypeScript. */
export function formatPath(path: readonly (string | number)[]): string {
  const text = path
    .map((part) => {
      if (typeof part === "number") return `[${part}]`;
      return /^[A-Za-z_$][\w$-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
    })
    .join("");
  return text.replace(/^\./, "") || "(the whole file)";
}

const longest = 60;

/** A value that may not be plain data, or may refer to itself: in words for people, as data for programs. */
export class Shown {
  constructor(
    readonly text: string,
    readonly data: unknown,
  ) {}
  toJSON(): unknown {
    return this.data;
  }
}

const standIns = new WeakMap<object, string>();

/** A function that stands for a value which another process has: no schema takes it for data, and it is shown as `text`. */
export function standIn(text: string): () => undefined {
  const made = () => undefined;
  standIns.set(made, text);
  return made;
}

/** At most 60 characters of a value: enough to recognize it, never a whole file. */
export function formatValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value instanceof Shown) return value.text;
  const text = print(value);
  return text.length > longest ? `${[...text.slice(0, longest - 3)].filter(isWhole).join("")}...` : text;
}

/**
 * As JSON, and what JSON has no words for in words. What would not be shown is not looked at: a value may refer to
 * itself, or be far larger than its text.
 */
function print(value: unknown, room = longest): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, longest));
    case "bigint":
      return `${value}n`;
    case "function":
      return standIns.get(value) ?? "a function";
    case "object":
      return value === null ? "null" : printObject(value, room);
    default:
      return String(value);
  }
}

function printObject(value: object, room: number): string {
  const isList = Array.isArray(value);
  const maker: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  if (!isList && typeof maker === "string" && maker !== "Object") return `a ${maker}`;
  let text = isList ? "[" : "{";
  const entries: readonly [unknown, unknown][] = isList
    ? Array.from(value, (item) => ["", item])
    : Object.entries(value);
  for (const [i, [key, item]] of entries.entries()) {
    if (text.length > room) break;
    text += `${i > 0 ? "," : ""}${isList ? "" : `${print(key)}:`}`;
    text += print(item, room - text.length);
  }
  return `${text}${isList ? "]" : "}"}`;
}

/** Not half of a character that takes two code units. */
const isWhole = (character: string) => !/\p{Surrogate}/u.test(character);

/** The problems of one file as text, one block each, in the order of their paths. */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  const lines = problems.map((problem) => {
    const got = "got" in problem ? `; got ${formatValue(problem.got)}` : "";
    return `  ✖ ${formatPath(problem.path)}: ${problem.message}${got}${problem.fix ? `\n    fix: ${problem.fix}` : ""}`;
  });
  return [`${file}: ${problems.length} ${problems.length === 1 ? "error" : "errors"}`, ...lines].join("\n");
}

/** Thrown where a file cannot be used; carries every problem found. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(
    readonly file: string,
    readonly problems: readonly Problem[],
  ) {
    super(formatProblems(file, problems));
  }
}
