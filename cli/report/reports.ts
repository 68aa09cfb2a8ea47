import { join } from "node:path";
import { readIfThere } from "../../artifacts/files";
import { packageVersion } from "../../bin/built";
import { type Head, lineOf, type Review } from "../../model/review";
import { type Locate, reviewHtml, reviewMarkdown, reviewSarif } from "../../templates/review";
import { topOf } from "../review/base-revision";
import { fileOf } from "../review/review-source";

/**
 * Reports of reviews by the names of their files: HTML, Markdown, SARIF and JSON.
 *
 * @param root folder of the project
 * @param head what is checked out: without it `review.json` approves nothing
 */
export const reviewReports = (root: string, reviews: readonly Review[], head?: Head): Record<string, string> => ({
  "review.html": reviewHtml(reviews),
  "review.md": reviewMarkdown(reviews),
  "review.sarif": `${JSON.stringify(reviewSarif(reviews, locateIn(root), packageVersion()), null, 2)}\n`,
  "review.json": `${JSON.stringify({ ...(head && { head }), reviews }, null, 2)}\n`,
});

/** Finds lines of environment files; what is no path of one is at its first line. */
function locateIn(root: string): Locate {
  const top = topOf(root);
  const texts = new Map<string, string>();
  return (environment, at) => {
    const text = texts.get(environment) ?? readIfThere(join(root, "environments", `${environment}.ts`)) ?? "";
    texts.set(environment, text);
    return { file: fileOf(top, root, environment), line: lineOf(text, at) };
  };
}
