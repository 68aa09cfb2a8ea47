import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { builtDigest } from "../../bin/built";
import { cacheFolder } from "../../bin/cache-folder";
import { readKept, writeKept } from "../../bin/kept-file";
import { ConfigError, type Environment, type Trust } from "../../model/config";
import { findTrust, listEnvironments, loadEnvironments, trustFile } from "../../model/config/load";
import type { Head } from "../../model/review";
import { withRevision } from "../core/checkout-at";
import { UserError } from "../core/project";
import { assertBasePackages, installedIn } from "./installed-packages";
import { readable } from "./readable";

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
  return { name, commit, environments: await environmentsAt(root, top, commit), files };
}

/** Some kB each. */
const mostKept = 256;

/**
 * What was read of a revision is kept where no change can put anything: a file in the repository, ignored or not, may have
 * come with what is reviewed, and would say of the base what its author likes.
 */
async function environmentsAt(root: string, top: string, commit: string): Promise<Base["environments"]> {
  const key = keyOf(root, top, commit);
  const folder = cacheFolder();
  const place = `${join(folder, "revisions", createHash("sha256").update(key).digest("hex").slice(0, 24))}.json`;
  const isOutside = !`${realPath(folder)}${sep}`.startsWith(`${realPath(top)}${sep}`);
  const kept = isOutside ? readKept(place, key) : undefined;
  if (kept) return JSON.parse(kept.toString()) as Base["environments"];
  const environments = await evaluated(root, commit);
  if (isOutside) writeKept(place, key, Buffer.from(JSON.stringify(environments)), mostKept);
  return environments;
}

/** What decides how the files of a revision are read: they themselves, what reads them, and the packages of this folder. */
const keyOf = (root: string, top: string, commit: string): string =>
  [
    git(root, "rev-parse", `${commit}^{tree}`),
    builtDigest("config.cjs"),
    builtDigest("evaluation.cjs"),
    ...[top, root].flatMap((folder) => [folder, installedIn(folder)]),
  ].join(" ");

/** The path without links, as far as it is there. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
}

const evaluated = (root: string, commit: string): Promise<Base["environments"]> =>
  withRevision(root, commit, async (then) => {
    const names = listEnvironments(then);
    const loaded = await loadEnvironments(names, then, readable(topOf(root), root, then));
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

function changedFiles(root: string, commit: string): string[] {
  const lines = (text: string) => text.split("\0").filter((line) => line !== "");
  const changed = lines(git(root, "diff", "--name-only", "-z", "--no-renames", commit, "--"));
  const fresh = lines(git(root, "ls-files", "--others", "--exclude-standard", "-z", "--full-name"));
  return [...new Set([...changed, ...fresh])].sort();
}
