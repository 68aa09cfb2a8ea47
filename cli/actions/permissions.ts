import { readFileSync } from "node:fs";
import { decodeJwt } from "jose";
import { loadTrust, trustFile } from "../../model/config/load";
import type { Right } from "../../model/topology";
import { type Explanation, explainPermissions } from "../../runtime/auth-callout";
import { errorMessage } from "../../runtime/common/error-message";
import { toAuthRules } from "../../templates/callout-rules";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { assertService } from "../core/service-named";
import { serviceRights } from "../core/service-rights";

export interface PermissionsCommand {
  token?: string;
  as?: string;
  json?: boolean;
}

export async function permissions(name: string, { token, as, ...options }: PermissionsCommand): Promise<void> {
  const { root, environment, topology } = await openEnvironment(name);
  const rules = toAuthRules(topology, loadTrust(trustFile(name, root), root));
  if ((token === undefined) === (as === undefined))
    throw new UserError("exactly one of --token FILE and --as SERVICE is needed");
  if (as !== undefined) {
    assertService(topology, as);
    const rights = serviceRights(environment, rules, as);
    if (options.json) printJson(rights);
    else print(table([["RIGHT", "SUBJECT", "WHAT IT DOES", "WHAT FOR"], ...rights.map(rightCells)]));
    return;
  }
  const claims = readClaims(token ?? "");
  const explanation = explainPermissions(rules, claims);
  if (options.json) printJson(explanation);
  else print(describe(explanation, topology.identity.permissions, claims));
  if ("denied" in explanation) process.exitCode = 1;
}

const rightCells = ({ direction, subject, does, why }: Right) => [direction, subject, does, why];

type Claims = Record<string, unknown> & { sub: string };

function readClaims(file: string): Claims {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8").trim();
  } catch (error) {
    throw new UserError(`cannot read the token: ${errorMessage(error)}`);
  }
  let claims: Record<string, unknown>;
  try {
    claims = decodeJwt(text);
  } catch {
    throw new UserError(
      `${file === "-" ? "standard input" : file} holds no JWT`,
      "natsform token ENV --sub NAME > FILE",
    );
  }
  if (typeof claims.sub !== "string") throw new UserError("the token has no sub, so the callout would refuse it");
  return claims as Claims;
}

const outcomes = {
  granted: "applies",
  condition: "does not apply: a condition is not met",
  other_account: "ignored: an earlier rule has decided the account",
} as const;

function describe(
  explanation: Explanation,
  permissions: readonly { when: { claim: string }[] }[],
  claims: Claims,
): string {
  const rules = explanation.rules.map(({ rule, account, outcome, missing }) => {
    const claimNames = (permissions[rule]?.when ?? []).map(({ claim }) => claim);
    const checked = claimNames.length > 0 ? ` (checks ${claimNames.join(", ")})` : "";
    const lost = missing.length > 0 ? `; without ${missing.join(", ")} some subjects are left out` : "";
    return `  rule ${rule}, account ${account}: ${outcomes[outcome]}${checked}${lost}`;
  });
  const head = [`token of ${JSON.stringify(claims.sub)}`, ...rules];
  if ("denied" in explanation) return [...head, `denied: ${explanation.denied}: ${explanation.detail}`].join("\n");
  const { grant } = explanation;
  const list = (title: string, subjects: readonly string[]) =>
    subjects.length > 0 ? [`${title}`, ...subjects.map((subject) => `  ${subject}`)] : [];
  return [
    ...head,
    `placed in account ${grant.account} as ${grant.name}`,
    ...list("may publish to", grant.publish.allow),
    ...list("but not to", grant.publish.deny),
    ...list("may subscribe to", grant.subscribe.allow),
    ...list("but not to", grant.subscribe.deny),
    ...(grant.responses ? [`may answer requests: ${grant.responses.max} answer each`] : []),
  ].join("\n");
}
