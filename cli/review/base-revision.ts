import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { workFolder } from "../../artifacts/work-folder";
import { builtFile } from "../../bin/built";
import { ConfigError, type Environment, type Trust } from "../../model/config";
import { findTrust, listEnvironments, loadEnvironments, trustFile } from "../../model/config/load";
import type { Head } from "../../model/review";
import { withRevision } from "../core/checkout-at";
import { UserError } from "../core/project";
import { assertBasePackages } from "./installed-packages";

/** An environment as it is at a revision; `problem` where it cannot be read there. */
export type AtBase = { environment: Environment; trust?: Trust; problem?: undefined } | { problem: string };

/** What a change is compared with. */
export interface Base {
  /** As it was named: `main`, or the merge base that was found. */
  name: string;
  commit: string;
  environments: Record<string, AtBase>;
  /** Files of the repository that are others now, or that are new; sorted. */
  files: string[];
}

const git = (root: string, ...args: string[]): string =>
  execFileSync("git", ["-C", root, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
  }).trim();

function tried(root: string, ...args: string[]): string | undefined {
  try {
    return git(root, ...args) || undefined;
  } catch {
    return undefined;
  }
}

/** Names that the branch has into which changes are merged, the likeliest first. */
const mains = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/**
 * Where a change began: the merge base with the main branch.
 *
 * @throws UserError outside of a repository, and where no main branch is known
 */
export function mergeBase(root: string): string {
  if (!tried(root, "rev-parse", "--git-dir"))
    throw new UserError(`${root} is in no git repository`, "a review compares two revisions of one");
  for (const main of mains) {
    const base = tried(root, "merge-base", "HEAD", main);
    if (base) return base;
  }
  throw new UserError(
    `none of ${mains.join(", ")} has a revision in common with what is checked out`,
    "name one with --from; in CI, fetch the history: fetch-depth: 0",
  );
}

/**
 * Reads every environment of a revision, isolated: its files are run without variables, network and other programs. What was
 * read once is kept by the revision's tree.
 *
 * @param trustHead packages that the change itself chose may run
 * @throws UserError when it is no revision, and for packages that the change chose
 */
export async function readBase(root: string, name: string, trustHead = false): Promise<Base> {
  const commit = tried(root, "rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`);
  if (!commit) throw new UserError(`${name} is no revision of git`, "git log --oneline shows some");
  const files = changedFiles(root, commit);
  const top = topOf(root);
  if (!trustHead)
    assertBasePackages(top, [root, top], { files, read: (path) => tried(root, "show", `${commit}:${path}`) });
  const kept = join(workFolder(root).root, "review", `${keyOf(root, commit)}.json`);
  const text = readIfThere(kept);
  const environments = text === undefined ? await evaluated(root, commit) : (JSON.parse(text) as Base["environments"]);
  if (text === undefined) writeFileAtomically(kept, JSON.stringify(environments));
  return { name, commit, environments, files };
}

/** What decides how the files of a revision are read: they themselves, and natsform's schema. */
function keyOf(root: string, commit: string): string {
  const tree = git(root, "rev-parse", `${commit}^{tree}`);
  const schema = readFileSync(builtFile("config.cjs"));
  return createHash("sha256")
    .update(`${tree} ${git(root, "rev-parse", "--show-prefix")} `)
    .update(schema)
    .digest("hex");
}

const evaluated = (root: string, commit: string): Promise<Base["environments"]> =>
  withRevision(root, commit, async (then) => {
    const names = listEnvironments(then);
    const loaded = await loadEnvironments(names, then, readable(root, then));
    return Object.fromEntries(
      names.map((name, i): [string, AtBase] => {
        const one = loaded[i] as PromiseSettledResult<Environment>;
        if (one.status === "rejected") {
          if (!(one.reason instanceof ConfigError)) throw one.reason;
          return [name, { problem: one.reason.message }];
        }
        const { trust } = findTrust(trustFile(name, then), then);
        return [name, { environment: one.value, ...(trust && { trust }) }];
      }),
    );
  });

/** What is checked out; undefined outside of a repository, and before its first revision. */
export function headOf(root: string): Head | undefined {
  const commit = tried(root, "rev-parse", "--verify", "--quiet", "HEAD");
  return commit === undefined ? undefined : { commit, changed: git(root, "status", "--porcelain") !== "" };
}

/** The repository that a project lies in; the project itself where it is in none. */
export const topOf = (root: string): string => tried(root, "rev-parse", "--show-toplevel") ?? root;

/** What environment files may read: the project, and the packages above it. */
export const readable = (root: string, project: string): string[] => {
  const top = topOf(root);
  return [...new Set([project, join(top, "node_modules"), join(root, "node_modules")])].filter((path) =>
    existsSync(path),
  );
};

function changedFiles(root: string, commit: string): string[] {
  const lines = (text: string) => text.split("\0").filter((line) => line !== "");
  const changed = lines(git(root, "diff", "--name-only", "-z", "--no-renames", commit, "--"));
  const fresh = lines(git(root, "ls-files", "--others", "--exclude-standard", "-z", "--full-name"));
  return [...new Set([...changed, ...fresh])].sort();
}
