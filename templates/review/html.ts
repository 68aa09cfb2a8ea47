import { createHash } from "node:crypto";
import type { Review } from "../../model/review";
import { drawing } from "./drawing";
import { html } from "./escape-html";
import { script, style } from "./page";
import { basis, type Section, sectionsOf, verdictWords } from "./sections";

const digest = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * Reviews as one page: it loads nothing, runs its own script alone, and is read without it too. Folded parts open by keyboard,
 * and all of them are printed.
 */
export function reviewHtml(reviews: readonly Review[]): string {
  const policy = `default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${html(titleOf(reviews))}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>natsform review</h1>
<label>Filter <input type="search" id="filter" placeholder="server, stream, resource" autocomplete="off"></label>
</header>
<main>
${reviews.map(article).join("\n")}
</main>
<script>${script}</script>
</body>
</html>
`;
}

const titleOf = (reviews: readonly Review[]) =>
  reviews.map(({ environment, verdict }) => `${environment}: ${verdictWords[verdict]}`).join(", ");

function article(review: Review): string {
  const { environment, verdict } = review;
  return `<article class="${verdict}">
<h2>${html(environment)} <strong class="verdict">${verdictWords[verdict]}</strong></h2>
<p>${html(basis(review))}</p>
${drawing(review)}
${sectionsOf(review).map(part).join("\n")}
</article>`;
}

const open: readonly Section["id"][] = ["reasons", "steps", "rights", "doors", "resources"];

const part = ({ id, title, head, rows }: Section): string => `<details${open.includes(id) ? " open" : ""}>
<summary>${html(title)} <span>${rows.length}</span></summary>
<div class="scroll"><table>
${head ? `<thead><tr>${head.map((cell) => `<th scope="col">${html(cell)}</th>`).join("")}</tr></thead>` : ""}
<tbody>
${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${html(cell)}</td>`).join("")}</tr>`).join("\n")}
</tbody></table></div>
</details>`;
