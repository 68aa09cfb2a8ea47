import { reviewLines } from "../../templates/review";
import { examples } from "../examples/changes";
import { isRefused, plannedReview, sourceReview } from "../examples/review";

/** Longest line of a report on the page. */
const widest = 160;

const cut = (line: string): string =>
  [...line].length <= widest ? line : `${[...line].slice(0, widest - 1).join("")}…`;

/** The page of examples: what the review says of each, with the plans that Terraform made of it. */
export function reviewExamples(root: string): string {
  const parts = [
    "# Reviews of ten changes",
    "",
    "Changes of `environments/demo.ts` as a pull request may bring them, and what [`natsform review`](review.md) says of each: with",
    "plans that real Terraform made against an emulated AWS. From the repository alone the verdict and its reasons are the same, but",
    "where the text says otherwise. The page is made by `make docs`, and the plans by `make fixtures`.",
  ];
  for (const example of examples) {
    const [source, planned] = [sourceReview(example), plannedReview(root, example)];
    const only = (planned?.reasons ?? []).filter(
      ({ rule, at }) => !source.reasons.some((one) => one.rule === rule && one.at === at),
    );
    parts.push("", `## ${example.title}`, "", "```text", ...reviewLines(planned ?? source).map(cut), "```");
    if (isRefused(example))
      parts.push("", "No plan is made of it: `natsform check` refuses it, and so does every synthesis.");
    if (only.length > 0)
      parts.push(
        "",
        `From the repository alone: ${source.verdict}; only the plans show ${only.map(({ rule, at }) => `\`${rule}\` of \`${at}\``).join(", ")}.`,
      );
  }
  return `${parts.join("\n")}\n`;
}
