import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { lineOf, type Review, review, reviewExitCode } from "../../model/review";
import { version } from "../../package.json";
import { type Locate, reviewHtml, reviewLines, reviewMarkdown, reviewSarif } from "../../templates/review";
import { projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";
import { mergeBase, readBase } from "../review/base-revision";
import { fileOf, reviewInputs } from "../review/review-source";

export interface ReviewOptions {
  from?: string;
  out?: string;
  json?: boolean;
}

/** `natsform review`: what a change does to NATS, and whether it is to be applied. */
export async function reviewEnvironments(names: readonly string[], { from, out, json }: ReviewOptions): Promise<void> {
  const root = projectRoot();
  const base = await readBase(root, from ?? mergeBase(root));
  const today = new Date().toISOString().slice(0, 10);
  const reviews = (await reviewInputs(root, base, names, today)).map(review);
  if (out !== undefined) writeReports(resolve(out), root, reviews);
  if (json) printJson({ from: base.commit, reviews });
  else {
    for (const line of reviews.flatMap((one) => reviewLines(one))) print(line);
    if (out !== undefined)
      print(
        `reports: ${["review.html", "review.md", "review.sarif", "review.json"].map((name) => join(out, name)).join(", ")}`,
      );
  }
  process.exitCode = reviewExitCode(reviews);
}

function writeReports(folder: string, root: string, reviews: readonly Review[]): void {
  const write = (name: string, text: string) => writeFileAtomically(join(folder, name), text);
  write("review.html", reviewHtml(reviews));
  write("review.md", reviewMarkdown(reviews));
  write("review.sarif", `${JSON.stringify(reviewSarif(reviews, locateIn(root), version), null, 2)}\n`);
  write("review.json", `${JSON.stringify({ reviews }, null, 2)}\n`);
}

/** Finds lines of environment files; what is no path of one is at its first line. */
function locateIn(root: string): Locate {
  const top = execFileSync("git", ["-C", root, "rev-parse", "--show-toplevel"], { encoding: "utf8" }).trim();
  const texts = new Map<string, string>();
  return (environment, at) => {
    const text = texts.get(environment) ?? readIfThere(join(root, "environments", `${environment}.ts`)) ?? "";
    texts.set(environment, text);
    return { file: fileOf(top, root, environment), line: lineOf(text, at) };
  };
}
