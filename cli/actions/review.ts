import { join, resolve } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { lineOf, type Review, review, reviewExitCode } from "../../model/review";
import { version } from "../../package.json";
import { type Locate, reviewHtml, reviewLines, reviewMarkdown, reviewSarif } from "../../templates/review";
import { projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";
import { mergeBase, readBase, topOf } from "../review/base-revision";
import { foreignInput, inOrder, readPlans } from "../review/read-plans";
import { fileOf, reviewInputs } from "../review/review-source";

export interface ReviewOptions {
  from?: string;
  out?: string;
  plan?: string[];
  json?: boolean;
}

/** `natsform review`: what a change does to NATS, and whether it is to be applied. */
export async function reviewEnvironments(names: readonly string[], options: ReviewOptions): Promise<void> {
  const { from, out, plan, json } = options;
  const today = new Date().toISOString().slice(0, 10);
  const given = plan && readPlans(plan);
  const strangers = (given?.foreign ?? []).map((stack) => foreignInput(stack, today));
  // Plans of somebody else's stacks alone need no project.
  const isForeign = given !== undefined && given.environments.size === 0;
  const root = isForeign ? process.cwd() : projectRoot();
  const base = isForeign ? undefined : await readBase(root, from ?? mergeBase(root));
  const chosen = given && names.length === 0 ? [...given.environments.keys()] : names;
  const inputs = base ? await reviewInputs(root, base, chosen, today) : [];
  const planned = inputs.map((input) => {
    const stacks = given?.environments.get(input.name);
    return stacks ? { ...input, stacks: inOrder((input.after ?? input.before)?.topology, stacks) } : input;
  });
  const reviews = [...planned, ...strangers].map(review);
  const reports = out === undefined ? {} : reportsOf(root, reviews);
  for (const [name, text] of Object.entries(reports)) writeFileAtomically(join(resolve(out ?? ""), name), text);
  if (json) printJson({ ...(base && { from: base.commit }), reviews });
  else {
    for (const line of reviews.flatMap((one) => reviewLines(one))) print(line);
    if (out !== undefined)
      print(
        `reports: ${Object.keys(reports)
          .map((name) => join(out, name))
          .join(", ")}`,
      );
  }
  process.exitCode = reviewExitCode(reviews);
}

/** Reports by the names of their files. */
const reportsOf = (root: string, reviews: readonly Review[]): Record<string, string> => ({
  "review.html": reviewHtml(reviews),
  "review.md": reviewMarkdown(reviews),
  "review.sarif": `${JSON.stringify(reviewSarif(reviews, locateIn(root), version), null, 2)}\n`,
  "review.json": `${JSON.stringify({ reviews }, null, 2)}\n`,
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
