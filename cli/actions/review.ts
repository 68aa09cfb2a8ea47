import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import { reviewExitCode } from "../../model/review";
import { reviewLines } from "../../templates/review";
import { commandHost } from "../core/hosts";
import { print, printJson } from "../core/output";
import type { LiveSource } from "../report/live-servers";
import { reviewReports } from "../report/reports";
import { type ReviewProps, reviewEnvironments } from "../report/review-environments";

export interface ReviewOptions {
  from?: string;
  trustHead?: boolean;
  out?: string;
  /** Documents of plans; `true`: planned now. */
  plan?: string[] | boolean;
  emulate?: boolean;
  /** Whose servers are asked as well. */
  live?: LiveSource | true;
  store?: string;
  json?: boolean;
}

/** `natsform review`: what a change does to NATS, and whether it is to be applied. */
export async function runReview(names: readonly string[], options: ReviewOptions): Promise<void> {
  const { from, trustHead, out, plan, emulate, live, store, json } = options;
  const props: ReviewProps = {
    from,
    trustHead,
    emulate,
    store,
    ...(live && { live: live === true ? "twin" : live }),
    ...(plan && { plan }),
  };
  const { root, reviews, from: commit, head } = await reviewEnvironments(names, props, commandHost({ json }));
  const reports = out === undefined ? {} : reviewReports(root, reviews, head);
  for (const [name, text] of Object.entries(reports)) writeFileAtomically(join(resolve(out ?? ""), name), text);
  if (json) printJson({ ...(commit && { from: commit }), reviews });
  else {
    for (const line of reviews.flatMap((one) => reviewLines(one))) print(line);
    if (out !== undefined) {
      const files = Object.keys(reports).map((name) => join(out, name));
      print(`reports: ${files.join(", ")}`);
      // What an approval names: the file itself is anybody's who can write it.
      print(
        `review.json: sha256 ${createHash("sha256")
          .update(reports["review.json"] ?? "")
          .digest("hex")}`,
      );
    }
  }
  process.exitCode = reviewExitCode(reviews);
}
