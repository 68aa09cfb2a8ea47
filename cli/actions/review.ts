import { join, resolve } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { lineOf, type Review, type ReviewInput, review, reviewExitCode } from "../../model/review";
import { stackPlan } from "../../model/topology";
import { version } from "../../package.json";
import { byPlans, type Locate, reviewHtml, reviewLines, reviewMarkdown, reviewSarif } from "../../templates/review";
import { projectRoot } from "../core/environments";
import { commandHost } from "../core/hosts";
import { print, printJson } from "../core/output";
import { findProject } from "../core/project";
import { mergeBase, readBase, topOf } from "../review/base-revision";
import { foreignInput, inOrder, type PlansOfEnvironment, readPlans } from "../review/read-plans";
import { fileOf, reviewInputs } from "../review/review-source";

export interface ReviewOptions {
  from?: string;
  out?: string;
  /** Documents of plans; `true`: planned now. */
  plan?: string[] | boolean;
  emulate?: boolean;
  /** What the twin's servers say as well. */
  live?: boolean;
  json?: boolean;
}

/** `natsform review`: what a change does to NATS, and whether it is to be applied. */
export async function reviewEnvironments(names: readonly string[], options: ReviewOptions): Promise<void> {
  const { from, out, json } = options;
  const plan = Array.isArray(options.plan) ? options.plan : undefined;
  const today = new Date().toISOString().slice(0, 10);
  const project = findProject(process.cwd());
  const given = plan && readPlans(plan, project && join(project, "cdktf.out", "stacks"));
  const strangers = (given?.foreign ?? []).map((stack) => foreignInput(stack, today));
  // Plans of somebody else's stacks alone need no project.
  const isForeign = given !== undefined && given.environments.size === 0;
  const root = isForeign ? process.cwd() : projectRoot();
  const base = isForeign ? undefined : await readBase(root, from ?? mergeBase(root));
  const chosen = given && names.length === 0 ? [...given.environments.keys()] : names;
  const read = base ? await reviewInputs(root, base, chosen, today) : [];
  const inputs = options.live ? await Promise.all(read.map((input) => withLive(root, input))) : read;
  const own = options.plan === true || options.emulate ? await planned(root, inputs, options) : given?.environments;
  const judged = inputs.flatMap((input) => {
    const plans = own?.get(input.name);
    if (!plans) return [input];
    return byPlans(input, inOrder((input.after ?? input.before)?.topology, plans.stacks), plans.servers);
  });
  const reviews = [...judged, ...strangers].map(review);
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

/** One that is taken out has servers too; they are asked by what is checked out, which no longer knows them. */
async function withLive(root: string, input: ReviewInput): Promise<ReviewInput> {
  if (!input.after) return input;
  const { liveTwin } = await import("../review/live");
  return { ...input, live: await liveTwin(input.name, root) };
}

/**
 * Plans of environments that are there, of their stacks on AWS where it is emulated. These run with the caller's credentials, and
 * so does the code of the environments: what is checked out is trusted here.
 */
async function planned(
  root: string,
  inputs: readonly ReviewInput[],
  { emulate = false, json = false }: ReviewOptions,
): Promise<Map<string, PlansOfEnvironment>> {
  const { planForReview } = await import("../deploy/deployment");
  const plans = new Map<string, PlansOfEnvironment>();
  for (const { name, after } of inputs) {
    const stacks = after ? stackPlan(after.topology).filter(({ family }) => !emulate || family === "aws") : [];
    if (stacks.length > 0) plans.set(name, await planForReview(name, { root, emulate }, commandHost({ json })));
  }
  return plans;
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
