import { createHash } from "node:crypto";
import { z } from "zod";
import { beyondApproval, type StackReview } from "../../model/review";
import { namedText } from "../core/named-file";
import { Blocked, UserError } from "../core/project";
import { headOf } from "../review/base-revision";

/** What somebody approved: a review with plans, of what is checked out. */
export interface Approval {
  /** Stacks as they were planned for the review, by id. */
  stacks: ReadonlyMap<string, StackReview>;
}

const Difference = z.object({
  path: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
  forces: z.literal(true).optional(),
});
/** The parts of `review.json` that an approval is held against. */
const Report = z.object({
  head: z.object({ commit: z.string(), changed: z.boolean() }).optional(),
  reviews: z.array(
    z.object({
      environment: z.string(),
      verdict: z.enum(["allow", "acknowledge", "block"]),
      stacks: z.array(
        z.looseObject({
          stack: z.string(),
          after: z.string().optional(),
          missing: z.string().optional(),
          deferred: z.number(),
          changes: z.array(
            z.looseObject({
              address: z.string(),
              action: z.string(),
              deposed: z.string().optional(),
              movedFrom: z.string().optional(),
              differences: z.array(Difference),
              digests: z.record(z.string(), z.string()).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/**
 * Reads what somebody approved: `review.json`, as `natsform review --plan` writes it.
 *
 * @param digest SHA-256 that the approval names; absent: whoever can write the file can approve
 * @throws UserError with everything for which it approves nothing here
 */
export function readApproval(
  { file, digest }: { file: string; digest?: string },
  { root, environment }: { root: string; environment: string },
): Approval {
  const text = namedText(file);
  const parsed = Report.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new UserError(`${file} is no review.json`, "natsform review ENV --plan --out FOLDER writes one");
  const { head, reviews } = parsed.data;
  const own = reviews.filter((review) => review.environment === environment);
  const stacks = own.flatMap((review) => review.stacks as unknown as StackReview[]);
  const now = headOf(root);
  const found = createHash("sha256").update(text).digest("hex");
  const problems = [
    ...(digest !== undefined && digest !== found ? [`it has the digest ${found}, and ${digest} was approved`] : []),
    ...(own.length === 0 ? [`it has no review of ${environment}`] : []),
    ...(own.length > 0 && stacks.length === 0 ? ["it was made without plans"] : []),
    ...(own.some(({ verdict }) => verdict === "block") ? ["its verdict is BLOCK"] : []),
    ...(head === undefined ? ["it names no revision"] : []),
    ...(head?.changed ? ["it was made of files that are in no revision"] : []),
    ...(head && now && head.commit !== now.commit ? [`it is of ${head.commit}, and ${now.commit} is checked out`] : []),
    ...(now === undefined ? [`${root} is in no git repository`] : []),
    ...(now?.changed ? ["files are others than in the revision that is checked out"] : []),
  ];
  if (problems.length > 0)
    throw new UserError(
      [`${file} approves nothing here:`, ...problems.map((problem) => `  ${problem}`)].join("\n"),
      `natsform review ${environment} --plan --out FOLDER makes one of what is checked out`,
    );
  return { stacks: new Map(stacks.map((stack) => [stack.stack, stack])) };
}

/**
 * Refuses plans that are not what was approved.
 *
 * @throws Blocked with every difference
 */
export function assertApproved({ stacks }: Approval, planned: readonly StackReview[]): void {
  const beyond = planned.flatMap((plan) => beyondApproval(stacks.get(plan.stack), plan));
  if (beyond.length === 0) return;
  const shown = beyond.slice(0, 20);
  const more = beyond.length - shown.length;
  throw new Blocked(
    [
      "this is not what was approved, and nothing of it was touched:",
      ...shown.map((text) => `  ${text}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join("\n"),
    "review it again, and have that approved",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
