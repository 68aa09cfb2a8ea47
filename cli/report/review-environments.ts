import { join } from "node:path";
import { type Head, mapTexts, type Review, type ReviewInput, review, secretNet } from "../../model/review";
import { stackPlan } from "../../model/topology";
import { byPlans } from "../../templates/review";
import { projectRoot } from "../core/environments";
import type { Host } from "../core/host";
import { findProject } from "../core/project";
import { headOf, mergeBase, readBase } from "../review/base-revision";
import { foreignInput, inOrder, type PlansOfEnvironment, readPlans } from "../review/read-plans";
import { reviewInputs } from "../review/review-source";
import type { LiveSource } from "./live-servers";

export interface ReviewProps {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** Revision to compare with. @default the merge base with the main branch */
  from?: string;
  /** Environment files may run with packages that the change itself chose. @default false */
  trustHead?: boolean;
  /** Files of plans (`terraform show -json`), or `true`: planned now, with the caller's credentials. @default no plans */
  plan?: readonly string[] | true;
  /** Plans against the emulated AWS of this machine. */
  emulate?: boolean;
  /** Asks servers as well: of the twin on this machine, or the deployed ones. */
  live?: LiveSource;
  /** URL of the store of the private keys, with which deployed servers are asked. @default the environment's folder in `.natsform/` */
  store?: string;
}

export interface Reviewed {
  /** Folder of the project, or the working directory where plans need none. */
  root: string;
  /** Commit that was compared with; none where all plans are of somebody else's stacks. */
  from?: string;
  /** What is checked out; none outside of a repository. */
  head?: Head;
  reviews: Review[];
}

/**
 * What a change does to NATS, and whether it is to be applied.
 *
 * @param names environments; none: those that changed, or those of the plans
 * @throws UserError for what the caller can mend: no such revision, an environment that cannot be read, a file that is no plan
 */
export async function reviewEnvironments(
  names: readonly string[],
  { root: given, from, trustHead, plan, emulate = false, live, store }: ReviewProps,
  host: Host,
): Promise<Reviewed> {
  const today = new Date().toISOString().slice(0, 10);
  const project = given ?? findProject(process.cwd());
  const files = Array.isArray(plan)
    ? await readPlans(plan, project && join(project, "cdktf.out", "stacks"))
    : undefined;
  const strangers = (files?.foreign ?? []).map((stack) => foreignInput(stack, today));
  // Plans of somebody else's stacks alone need no project.
  const isForeign = files !== undefined && files.environments.size === 0;
  const root = given ?? (isForeign ? process.cwd() : projectRoot());
  const base = isForeign ? undefined : await readBase(root, from ?? mergeBase(root), trustHead);
  const chosen = files && names.length === 0 ? [...files.environments.keys()] : names;
  const read = base ? await reviewInputs(root, base, chosen, today) : [];
  const inputs = live ? await Promise.all(read.map((input) => withLive(root, input, live, store))) : read;
  const own = plan === true || emulate ? await planned(root, inputs, emulate, host) : files?.environments;
  const judged = inputs.flatMap((input) => {
    const plans = own?.get(input.name);
    if (!plans) return [input];
    return byPlans(input, inOrder((input.after ?? input.before)?.topology, plans.stacks), plans.servers);
  });
  const head = base && headOf(root);
  // Names and subjects are the author's as well: whatever has the form of a secret is in no report, at any depth.
  const net = files?.net ?? secretNet();
  return {
    root,
    ...(base && { from: base.commit }),
    ...(head && { head }),
    reviews: [...judged, ...strangers].map((input) => mapTexts(review(input), net)),
  };
}

/** One that is taken out has servers too; they are asked by what is checked out, which no longer knows them. */
async function withLive(root: string, input: ReviewInput, live: LiveSource, store?: string): Promise<ReviewInput> {
  if (!input.after) return input;
  // A review of sources alone starts without what connects and deploys.
  const { liveClusters } = require("./live-servers") as typeof import("./live-servers");
  return { ...input, live: await liveClusters[live](input.name, root, store) };
}

/**
 * Plans of environments that are there, of their stacks on AWS where it is emulated. These run with the caller's credentials, and
 * so does the code of the environments: what is checked out is trusted here.
 */
async function planned(
  root: string,
  inputs: readonly ReviewInput[],
  emulate: boolean,
  host: Host,
): Promise<Map<string, PlansOfEnvironment>> {
  // A review of sources alone starts without what deploys.
  const { planForReview } = require("../deploy/deployment") as typeof import("../deploy/deployment");
  const plans = new Map<string, PlansOfEnvironment>();
  for (const { name, after } of inputs) {
    const stacks = after ? stackPlan(after.topology).filter(({ family }) => !emulate || family === "aws") : [];
    if (stacks.length > 0) plans.set(name, await planForReview(name, { root, emulate }, host));
  }
  return plans;
}
