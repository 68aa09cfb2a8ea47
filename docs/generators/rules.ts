import { versionFloors } from "../../model/config/advisories";
import { serverKeys } from "../../model/config/server-keys";
import { acknowledgementRules, type RuleInfo, rules } from "../../model/lint";
import { reviewRules } from "../../model/review";

/** docs/reference/rules.md */
export function rulesReference(): string {
  const all: readonly RuleInfo[] = [...rules, ...acknowledgementRules];
  return `${[
    "# Rules",
    "",
    "What `natsform check` finds beyond the schema. What is `impossible` nats-server, AWS or one of natsform's programs refuses, and",
    "nothing makes it work. An `error` is dangerous: it loses data or secrets, or does not do what it is for. A `warning` works, and",
    "somebody should have decided it. The first two keep `natsform up` and `deploy` from starting anything.",
    "",
    "A finding that is known and accepted is acknowledged in the environment, with a reason and the day on which it counts again. What",
    "is impossible cannot be accepted:",
    "",
    "```ts",
    'acknowledge: [{ rule: "backup-missing", at: "clusters.core.backup", reason: "scratch data only", expires: "2027-03-01" }],',
    "```",
    "",
    "| rule | severity | what is wrong |",
    "| --- | --- | --- |",
    ...all.map((rule) => `| [${rule.id}](#${rule.id}) | ${kindOf(rule)} | ${cell(rule.title)} |`),
    "",
    ...all.flatMap(entry),
    "## Of changes",
    "",
    "What [`natsform review`](../review.md) finds in the difference of two revisions. An `error` blocks the change, a `warning` needs",
    "somebody who says that it is wanted; both may be acknowledged, in a change that is merged before. What is `impossible` may not.",
    "",
    "| rule | severity | what is wrong |",
    "| --- | --- | --- |",
    ...reviewRules.map((rule) => `| [${rule.id}](#${rule.id}) | ${kindOf(rule)} | ${cell(rule.title)} |`),
    "",
    ...reviewRules.flatMap(entry),
    "## Versions",
    "",
    "Refused by the schema, and not to be acknowledged: releases of nats-server with published vulnerabilities.",
    "",
    "| line | oldest release that may run | why |",
    "| --- | --- | --- |",
    ...versionFloors.map(({ line, floor, why }) => `| ${line} | ${floor} | ${cell(why)} |`),
    "| every other | none | no release of the line has the fixes of secnotes 2026-20 to 2026-28 |",
    "",
    "Keys of the server's configuration that not every version knows; natsform leaves them out, or refuses the setting, where",
    "the pinned server would not start with them.",
    "",
    "| key | since |",
    "| --- | --- |",
    ...Object.entries(serverKeys).map(([key, since]) => `| \`${key}\` | ${since} |`),
  ].join("\n")}\n`;
}

const entry = (rule: RuleInfo): string[] => [
  `## ${rule.id}`,
  "",
  `${rule.title} (${kindOf(rule)})`,
  "",
  `Why: ${rule.reason}`,
  "",
  `Fix: ${rule.fix}`,
  "",
];

const kindOf = ({ severity, impossible }: RuleInfo) => (impossible ? "impossible" : severity);
const cell = (text: string) => text.replace(/\|/g, "\\|");
