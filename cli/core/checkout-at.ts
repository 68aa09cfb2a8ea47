import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { errorMessage } from "../../runtime/common/error-message";
import { UserError } from "./project";

/**
 * Runs git apart from the terminal: an interrupt is for the command, which ends it, and not told as git's own failure.
 */
async function run(program: string, args: readonly string[], options: { env: NodeJS.ProcessEnv; maxBuffer?: number }) {
  const running = promisify(execFile)(program, [...args], { ...options, detached: true } as typeof options);
  const endToo = () => running.child.kill("SIGKILL");
  process.once("exit", endToo);
  try {
    return await running;
  } finally {
    process.off("exit", endToo);
  }
}

/**
 * Gives `work` the project as it was at a revision of git, in a folder that is gone afterwards: also after a failure, Ctrl-C
 * and SIGTERM. Nothing of the repository is touched, its index included. Packages are those that are installed now.
 *
 * @throws UserError when the project is in no repository, or the revision is none
 */
export async function withRevision<T>(root: string, revision: string, work: (root: string) => Promise<T>): Promise<T> {
  const git = (args: readonly string[], env: Record<string, string> = {}) =>
    run("git", ["-C", root, ...args], { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });
  const top = await git(["rev-parse", "--show-toplevel"]).catch((error) => {
    throw new UserError(`${root} is in no git repository: ${firstLine(error)}`, "name a file with --from");
  });
  const commit = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`]).catch(
    () => {
      throw new UserError(
        `${revision} is no file, no environment and no revision of git`,
        "git log --oneline shows some",
      );
    },
  );
  return withFolder(async (folder) => {
    const index = { GIT_INDEX_FILE: join(folder, "index"), GIT_LFS_SKIP_SMUDGE: "1" };
    const tree = join(folder, "tree");
    await git(["read-tree", commit.stdout.trim()], index);
    await run("git", ["-C", top.stdout.trim(), "checkout-index", "--all", `--prefix=${tree}/`], {
      env: { ...process.env, ...index },
    });
    linkPackages(top.stdout.trim(), root, tree);
    return work(join(tree, relative(top.stdout.trim(), root)));
  });
}

const firstLine = (error: unknown) =>
  errorMessage(error)
    .split("\n")
    .find((line) => line.startsWith("fatal:")) ?? "";

/** A temporary folder for as long as the work takes, whatever ends it. */
async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-revision-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // A signal ends the command by this way too.
  process.once("exit", remove);
  try {
    return await work(folder);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

/** What environment files import by name is found beside them: the packages of the project, and of the folders above it. */
function linkPackages(top: string, root: string, tree: string): void {
  for (let folder = root; ; folder = dirname(folder)) {
    const installed = join(folder, "node_modules");
    const link = join(tree, relative(top, folder), "node_modules");
    if (existsSync(installed) && existsSync(dirname(link)) && !existsSync(link)) symlinkSync(installed, link);
    if (folder === top || dirname(folder) === folder) return;
  }
}
