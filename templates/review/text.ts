import { isEmptyReview, type Review } from "../../model/review";
import { headline, planLines, sectionsOf, verdictWords } from "./sections";
import { visible } from "./visible";

/** The verdict of a review and why, as lines for a terminal or a log. */
export function verdictLines(review: Review): string[] {
  if (isEmptyReview(review)) return [visible(`${review.environment}: ${verdictWords.allow}: nothing changes`)];
  const lines = [`${review.environment}: ${headline(review)}`];
  for (const { verdict, at, message, fix, rule, cannotTell } of review.reasons) {
    const place = at === "" ? "" : `${at}: `;
    lines.push(
      `  ${verdict === "block" ? "✖" : "!"} ${place}${cannotTell ? "cannot tell: " : ""}${message} (${rule})`,
      `    ${fix}`,
    );
  }
  return lines.map(visible);
}

/** A review as lines for a terminal or a log: the verdict, why, and what happens. */
export function reviewLines(review: Review): string[] {
  if (isEmptyReview(review)) return verdictLines(review);
  const sections = sectionsOf(review);
  const lines: string[] = [];
  if (review.steps.length > 0) {
    lines.push("what happens, in order:");
    for (const { when, what, effects } of review.steps)
      lines.push(`  ${when}: ${what}`, ...effects.map((effect) => `    ${effect}`));
  } else lines.push(...planLines(review));
  for (const { id, title, rows } of sections)
    if (["rights", "doors", "resources", "drift", "live", "accepted", "notChecked"].includes(id))
      lines.push(
        `${title.toLowerCase()}:`,
        ...rows.map((cells) => `  ${cells.filter((cell) => cell !== "").join(" | ")}`),
      );
  return [...verdictLines(review), ...lines.map(visible)];
}
