import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "commander";
import { ConfigError, type Environment, formatPath, formatProblems, type Problem } from "../../model/config";
import { listEnvironments, loadEnvironments, loadTrust, strayFiles, trustFile } from "../../model/config/load";
import { type Finding, type LintResult, lint } from "../../model/lint";
import { buildTopology, leafAuthorityProblems, type Topology, trustProblems } from "../../model/topology";
import { chosenEnvironments, projectRoot } from "../core/environments";
import { print, printJson } from "../core/output";

interface CheckResult {
  /** Left out for a file that belongs to no environment. */
  environment?: string;
  /** The file that the problems are in. */
  file?: string;
  ok: boolean;
  problems: readonly Problem[];
  lint?: LintResult;
}

export function registerCheck(program: Command): void {
  program
    .command("check")
    .argument("[environments...]", "names; without any, every environment of the project")
    .description("check configuration: schema first, then the rules of docs/reference/rules.md")
    .option("--json", "machine-readable result")
    .action(async (names: string[], { json }: { json?: boolean }) => {
      const root = projectRoot();
      const strays = names.length > 0 ? [] : strayFiles(root);
      const chosen = strays.length > 0 ? listEnvironments(root) : chosenEnvironments(root, names);
      const loaded = await loadEnvironments(chosen, root);
      const results: CheckResult[] = chosen.map((name, i) => checkOne(name, root, loaded[i]));
      results.push(...strays.map((stray) => ({ ...stray, ok: false })));
      if (json) printJson(results);
      else for (const result of results) print(describe(result));
      if (results.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}

function checkOne(name: string, root: string, loaded?: PromiseSettledResult<Environment>): CheckResult {
  try {
    if (loaded?.status !== "fulfilled") throw loaded?.reason;
    const environment = loaded.value;
    const topology = buildTopology(environment);
    const advisories = checkTrust(topology, root);
    const linted = lint(environment, topology, new Date().toISOString().slice(0, 10));
    const result = { ...linted, findings: [...linted.findings, ...advisories] };
    return {
      environment: name,
      ok: result.findings.every(({ severity }) => severity !== "error"),
      problems: [],
      lint: result,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { environment: name, file: error.file, ok: false, problems: error.problems };
  }
}

/** A trust file comes with `natsform keys init`; until then there is nothing to compare. @returns what only a deployment can mend */
function checkTrust(topology: Topology, root: string): Finding[] {
  const path = trustFile(topology.environment, root);
  if (!existsSync(path)) return [];
  const trust = loadTrust(path, root);
  const problems = trustProblems(topology, trust);
  if (problems.length > 0) throw new ConfigError(relative(root, path), problems);
  if (trust.example) return [];
  return leafAuthorityProblems(topology, trust).map(({ path: at, message, fix = "" }) => ({
    rule: "leaf-authority-unknown",
    severity: "warning",
    at: `${relative(root, path)}: ${formatPath(at)}`,
    message,
    fix,
  }));
}

function describe({ environment, file, problems, lint }: CheckResult): string {
  if (!lint) return formatProblems(file ?? environment ?? "", problems);
  const { findings, acknowledged } = lint;
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const head = `${environment}: ${count("error")} errors, ${count("warning")} warnings, ${acknowledged.length} acknowledged`;
  const lines = findings.map(
    ({ severity, at, message, rule, fix }) =>
      `  ${severity === "error" ? "✖" : "!"} ${at}: ${message} (${rule})${fix ? `\n    fix: ${fix}` : ""}`,
  );
  const accepted = acknowledged.map(
    ({ at, rule, reason, expires }) => `  · ${at}: ${rule} acknowledged until ${expires}: ${reason}`,
  );
  return [head, ...lines, ...accepted].join("\n");
}
