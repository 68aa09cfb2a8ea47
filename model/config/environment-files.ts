import { nearest } from "./known-keys";
import type { FileProblems } from "./problem";

/** Entry of `environments/`. */
export interface FolderEntry {
  name: string;
  isFolder: boolean;
  /** Of a folder: files in it that were meant as environments or trust files. Other folders are parts that files import. */
  misplaced?: readonly string[];
}

export interface EnvironmentFiles {
  /** Names of the environments, sorted. */
  environments: string[];
  /** Files that natsform does not read, each with the name that it should have. Named without their folder. */
  strays: FileProblems[];
}

const trustEnd = ".trust.json";
/** The record of the last export of an environment's keys. */
const exportEnd = ".keys-export.json";
/** Notes, and files that editors and desktops leave behind; never meant as an environment. */
const dropping = /^\.|~$|\.sw[a-p]$|^#.*#$|^(Thumbs\.db|desktop\.ini)$|\.(md|txt)$/i;
const environmentFile = /^([a-z0-9-]+)\.ts$/;
const code = /^(?<stem>.*)\.[cm]?[jt]sx?$/i;
const trust = /^(?<stem>.*)\.trust\.json$/i;
const data = /^(?<stem>.*)\.(json|jsonc|json5|ya?ml|toml)$/i;

/** Separates environments and their trust files from everything else in the folder. Pure. */
export function environmentFiles(entries: readonly FolderEntry[]): EnvironmentFiles {
  const environments = entries
    .flatMap(({ name, isFolder }) => (isFolder ? [] : (environmentFile.exec(name)?.[1] ?? [])))
    .sort();
  const strays = entries
    .filter(({ name }) => !dropping.test(name))
    .filter(({ name, isFolder, misplaced = [] }) => (isFolder ? misplaced.length > 0 : !isTaken(name, environments)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // Names that environments would have after their files are renamed.
  const renamed = new Map(
    strays.flatMap(({ name, isFolder }) => {
      const stem = isFolder ? undefined : code.exec(name)?.groups?.stem;
      return stem === undefined ? [] : [[nameOf(stem), name] as const];
    }),
  );
  return {
    environments,
    strays: strays.map((entry) => ({
      file: entry.name,
      problems: [{ path: [], ...why(entry, environments, renamed) }],
    })),
  };
}

const isTaken = (name: string, environments: readonly string[]) =>
  environmentFile.test(name) ||
  [trustEnd, exportEnd].some((end) => name.endsWith(end) && environments.includes(name.slice(0, -end.length)));

/** The nearest name that an environment may have; empty when nothing of it can be kept. */
const nameOf = (stem: string): string =>
  stem
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");

interface Why {
  message: string;
  fix: string;
}

const defined = "export default defineEnvironment({ ... })";
const elsewhere = "or move it out of environments/";

function why(
  { name, isFolder, misplaced = [] }: FolderEntry,
  environments: readonly string[],
  renamed: Map<string, string>,
): Why {
  if (isFolder) {
    const message = `holds ${misplaced.join(", ")}: in a folder of environments/ none is read as an environment`;
    return { message, fix: "move it up into environments/, or out of it" };
  }
  const { stem: trusted } = trust.exec(name)?.groups ?? {};
  if (trusted !== undefined) return trustFileProblem(name, trusted, environments, renamed);
  const { stem: written } = code.exec(name)?.groups ?? {};
  if (written !== undefined) return whyNoEnvironment(written, environments);
  const { stem } = data.exec(name)?.groups ?? {};
  if (stem === undefined) {
    const fix = "move it out of environments/, which holds NAME.ts and NAME.trust.json alone";
    return { message: "is neither an environment nor a trust file", fix };
  }
  if (environments.includes(nameOf(stem))) {
    const fix = `rename it to ${nameOf(stem)}${trustEnd}, ${elsewhere}`;
    return { message: `is not read: a trust file ends with ${trustEnd}`, fix };
  }
  const fix = `write it as ${nameOf(stem) || "NAME"}.ts, ${defined}`;
  return { message: "is not read: environments are TypeScript", fix };
}

function whyNoEnvironment(stem: string, environments: readonly string[]): Why {
  const message = "is not read: an environment is a file NAME.ts, its name of lower-case letters, digits and dashes";
  const name = nameOf(stem);
  if (stem.endsWith(".d")) return { message: "is not read: it holds types alone", fix: "remove it" };
  if (name === "") return { message, fix: `rename it, for example to production.ts, ${elsewhere}` };
  const fix = environments.includes(name)
    ? `${name}.ts is there already: give it a name of its own, or remove it`
    : `rename it to ${name}.ts, ${elsewhere}`;
  return { message, fix };
}

function trustFileProblem(
  file: string,
  stem: string,
  environments: readonly string[],
  renamed: ReadonlyMap<string, string>,
): Why {
  const name = nameOf(stem);
  if (file !== `${name}${trustEnd}`) {
    const fix = name === "" ? `name it after its environment` : `rename it to ${name}${trustEnd}`;
    return { message: `is not read: a trust file is called NAME${trustEnd}, as its environment`, fix };
  }
  const message = `belongs to no environment: there is no ${name}.ts`;
  const misnamed = renamed.get(name);
  if (misnamed !== undefined) return { message, fix: `rename ${misnamed} to ${name}.ts` };
  const near = nearest(name, environments);
  return { message, fix: near ? `rename it to ${near}${trustEnd}, or remove it` : "remove it" };
}
