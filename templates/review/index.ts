export { byPlans } from "./by-plans";
export { reviewHtml } from "./html";
export { commentBudget, escaped, marker, reviewMarkdown } from "./markdown";
export { type Locate, reviewSarif } from "./sarif";
export { countsOf, headline, verdictWords } from "./sections";
export { reviewLines, verdictLines } from "./text";
