import { admit, formatFinding, isAdmitted } from "../../admission";
import { ConfigError, type Environment, type FileProblems, formatProblems, type Problem } from "../../model/config";
import { findTrust, listEnvironments, loadEnvironments, strayFiles, trustFile } from "../../model/config/load";
import type { LintResult } from "../../model/lint";
import { buildTopology } from "../../model/topology";
import { counted } from "../core/counted";
import { chosenEnvironments, projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";

interface CheckResult {
  /** Left out for a file that belongs to no environment. */
  environment?: string;
  ok: boolean;
  /** The file that the problems are in. */
  file?: string;
  problems: readonly Problem[];
  /** Problems of its trust file. */
  trust?: FileProblems;
  lint?: LintResult;
}

export async function check(names: readonly string[], { json }: { json?: boolean }): Promise<void> {
  const root = projectRoot();
  const strays = names.length > 0 ? [] : strayFiles(root);
  const chosen = strays.length > 0 ? listEnvironments(root) : chosenEnvironments(root, names);
  const loaded = await loadEnvironments(chosen, root);
  const results = loaded.map((one, i) => checkOne(chosen[i] ?? "", root, one));
  results.push(...strays.map((stray) => ({ ok: false, ...stray })));
  if (json) printJson(results);
  else for (const result of results) print(describe(result));
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}

function checkOne(name: string, root: string, loaded: PromiseSettledResult<Environment>): CheckResult {
  const trust = findTrust(trustFile(name, root), root);
  if (loaded.status === "rejected") {
    const error: unknown = loaded.reason;
    if (!(error instanceof ConfigError)) throw error;
    const { file, problems } = error;
    return { environment: name, ok: false, file, problems, ...(trust.problems.length > 0 && { trust }) };
  }
  const environment = loaded.value;
  const today = new Date().toISOString().slice(0, 10);
  const verdict = admit({ environment, topology: buildTopology(environment), trust, today });
  const own = verdict.problems.find(({ file }) => file !== trust.file);
  const trusts = verdict.problems.find(({ file }) => file === trust.file);
  // Where the trust file alone is wrong, it is the file of the problems; else they would seem to be none.
  const first = own ?? trusts ?? { problems: [] };
  return {
    environment: name,
    ok: isAdmitted(verdict),
    ...first,
    ...(own && trusts && { trust: trusts }),
    lint: verdict.lint,
  };
}

function describe({ environment, file, problems, trust, lint }: CheckResult): string {
  const files = [...(file ? [{ file, problems }] : []), ...(trust ? [trust] : [])];
  const wrong = files.map((one) => formatProblems(one.file, one.problems));
  if (!lint) return wrong.join("\n");
  const { findings, acknowledged } = lint;
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const head = `${environment}: ${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}, ${acknowledged.length} acknowledged`;
  const accepted = acknowledged.map(
    ({ at, rule, reason, expires }) => `  · ${at}: ${rule} acknowledged until ${expires}: ${reason}`,
  );
  return [...wrong, head, ...findings.map(formatFinding), ...accepted].join("\n");
}
