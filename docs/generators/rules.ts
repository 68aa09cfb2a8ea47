import { versionFloors } from "../../model/config/advisories";
import { serverKeys } from "../../model/config/server-keys";
import { acknowledgementRules, type RuleInfo, rules } from "../../model/lint";

/** docs/reference/rules.md */
export function rulesReference(): string {
  const all: readonly RuleInfo[] = [...rules, ...acknowledgementRules];
  return `${[
    "# Rules",
    "",
    "What `natsform check` finds beyond the schema. An `error` will not work, or loses data or secrets; a `warning` works,",
    "and somebody should have decided it. Errors keep `natsform up` from starting anything.",
    "",
    "A finding that is known and accepted is acknowledged in the environment, with a reason and the day on which it counts again:",
    "",
    "```ts",
    'acknowledge: [{ rule: "backup-missing", at: "clusters.core.backup", reason: "scratch data only", expires: "2027-03-01" }],',
    "```",
    "",
    "| rule | severity | what is wrong |",
    "| --- | --- | --- |",
    ...all.map(({ id, severity, title }) => `| [${id}](#${id}) | ${severity} | ${cell(title)} |`),
    "",
    ...all.flatMap(({ id, severity, title, reason, fix }) => [
      `## ${id}`,
      "",
      `${title} (${severity})`,
      "",
      `Why: ${reason}`,
      "",
      `Fix: ${fix}`,
      "",
    ]),
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

const cell = (text: string) => text.replace(/\|/g, "\\|");
