import { rules as lintRules, type RuleInfo } from "../../model/lint";
import { type Reason, type Review, reviewRules } from "../../model/review";
import { visible } from "./visible";

/** Results that GitHub shows in full; it takes 25,000 and shows 5,000. */
const limit = 1000;

/** Where in the repository a finding of an environment is. */
export type Locate = (environment: string, at: string) => { file: string; line: number };

/** Reviews as a SARIF 2.1.0 log, one run an environment: each is a category of its own, and closes what it no longer finds. */
export function reviewSarif(reviews: readonly Review[], locate: Locate, version: string): object {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: reviews.map((review) => runOf(review, locate, version)),
  };
}

function runOf({ environment, reasons }: Review, locate: Locate, version: string): object {
  const shown = reasons.slice(0, limit);
  const ids = [...new Set(shown.map(({ rule }) => rule))].sort();
  return {
    tool: { driver: { name: "natsform", version, rules: ids.map(ruleOf) } },
    automationDetails: { id: `natsform/${visible(environment)}/` },
    results: shown.map((reason) => resultOf(environment, reason, ids, locate)),
  };
}

const known: readonly RuleInfo[] = [...reviewRules, ...lintRules];

function ruleOf(id: string): object {
  const rule = known.find((one) => one.id === id);
  return {
    id,
    ...(rule && {
      shortDescription: { text: rule.title },
      fullDescription: { text: rule.reason },
      help: { text: rule.fix },
      defaultConfiguration: { level: rule.severity },
    }),
  };
}

function resultOf(environment: string, { rule, verdict, at, message, fix }: Reason, ids: string[], locate: Locate) {
  const { file, line } = locate(environment, at);
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level: verdict === "block" ? "error" : "warning",
    message: { text: plain(`${at === "" ? "" : `${at}: `}${message}. ${fix}`) },
    locations: [{ physicalLocation: { artifactLocation: { uri: file }, region: { startLine: line } } }],
    // Of what does not move when lines do.
    partialFingerprints: { "natsform/v1": visible(`${environment}|${rule}|${at}`) },
  };
}

/** In SARIF a text in brackets may be a link. */
const plain = (text: string) => visible(text).replace(/[[\]\\]/g, "\\$&");
