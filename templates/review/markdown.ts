import { isEmptyReview, type Review } from "../../model/review";
import { headline, type Section, sectionsOf, verdictWords } from "./sections";
import { visible } from "./visible";

/** Characters of a comment on GitHub, the shortest of the places that a report goes to, less what a job may add. */
export const commentBudget = 65_000;

/** What is left out first when a report is too long. Reasons are never left out as a whole. */
const dropped: readonly Section["id"][] = [
  "objects",
  "differences",
  "drift",
  "accepted",
  "live",
  "resources",
  "rights",
  "doors",
  "steps",
];

/** By this a job finds the comment that it wrote before. */
export const marker = "<!-- natsform review -->";

/**
 * Reviews in Markdown, for a comment on a pull request. What comes from the pull request is escaped: it mentions nobody,
 * closes no fence, and is no link, picture or HTML.
 *
 * @param budget characters, counted as code points; what is left out is said
 */
export function reviewMarkdown(reviews: readonly Review[], budget = commentBudget): string {
  for (let leftOut = 0; leftOut <= dropped.length; leftOut++) {
    const text = written(reviews, dropped.slice(0, leftOut));
    if (lengthOf(text) <= budget) return text;
  }
  return shortened(reviews, budget);
}

const lengthOf = (text: string) => [...text].length;

function written(
  reviews: readonly Review[],
  leftOut: readonly Section["id"][],
  reasons = Number.POSITIVE_INFINITY,
): string {
  const parts = [marker, ""];
  for (const review of reviews) {
    if (isEmptyReview(review)) {
      parts.push(`## ${escaped(review.environment)}`, "", `**${verdictWords.allow}: nothing changes**`, "");
      continue;
    }
    parts.push(`## ${escaped(review.environment)}`, "", `**${escaped(headline(review))}**`, "");
    for (const section of sectionsOf(review)) {
      if (leftOut.includes(section.id))
        parts.push(`_${section.title}: ${section.rows.length} rows are in review.html._`, "");
      else parts.push(...sectionLines(section, reasons));
    }
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

/** Even the reasons are too many: the gravest of each environment. */
function shortened(reviews: readonly Review[], budget: number): string {
  for (let reasons = 64; reasons >= 1; reasons = Math.floor(reasons / 2)) {
    const text = written(reviews, dropped, reasons);
    if (lengthOf(text) <= budget) return text;
  }
  const verdicts = reviews.map(({ environment, verdict }) => `- ${escaped(environment)}: ${verdict}`);
  return `${[...`${[marker, "", ...verdicts].join("\n")}`].slice(0, budget).join("")}\n`;
}

function sectionLines({ id, title, head, rows }: Section, reasons: number): string[] {
  const shown = id === "reasons" ? rows.slice(0, reasons) : rows;
  const more = rows.length - shown.length;
  const rest = more > 0 ? ["", `_${more} more are in review.html._`] : [];
  const isLong = !["reasons", "steps"].includes(id) && rows.length > 0;
  const body = head
    ? [row(head), row(head.map(() => "---")), ...shown.map((cells) => row(cells.map(escaped)))]
    : shown.map(([text = ""]) => `- ${escaped(text)}`);
  return isLong
    ? ["<details>", `<summary>${title} (${rows.length})</summary>`, "", ...body, ...rest, "", "</details>", ""]
    : [`### ${title}`, "", ...body, ...rest, ""];
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** Stands where a mention, a reference or a link would begin: it is not seen, and ends the word. */
const breaker = "\u2060";

/** Text that is text alone, whatever Markdown would make of it; on one line. */
export function escaped(text: string): string {
  return visible(text)
    .replace(/\\/g, "\\\\")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[`*_{}[\]()|~!#+-]/g, "\\$&")
    .replace(/^(\d+)\./, "$1\\.")
    .replace(/@/g, `@${breaker}`)
    .replace(/#/g, `#${breaker}`)
    .replace(/(\w):\/\//g, `$1:${breaker}//`)
    .replace(/\bwww\./gi, `www${breaker}.`)
    .replace(/\bGH\\-(?=\d)/gi, (found) => `${found}${breaker}`);
}
