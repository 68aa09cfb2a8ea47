import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { toolPath } from "../../cli/core/toolbox/find";
import type { Made } from "./kubernetes-manifests";
import type { ManifestException } from "./manifest-exceptions";

/** What a tool says of an object. */
export interface Finding {
  rule: string;
  /** `<stack> <Kind> <name>`, and what the tool names inside of it. */
  at: string;
  says: string;
}

/** Programs in Go read `off` as false. */
const goYaml = { version: "1.1" } as const;

/** Writes the objects to one file for each stack. */
export function writeManifests(made: readonly Made[], folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return [...new Set(made.map(stackOf))].map((stack) => {
    const file = join(folder, `${stack}.yaml`);
    const objects = made.filter((one) => stackOf(one) === stack);
    writeFileSync(file, objects.map(({ manifest }) => stringify(manifest, goYaml)).join("---\n"));
    return file;
  });
}
const stackOf = ({ from }: Made) => from.split(" ")[0] ?? "";

/** What Checkov finds in the files of a folder, and how many of its checks passed. */
export function checkovFindings(checkov: string, folder: string): { findings: Finding[]; passed: number } {
  interface Failed {
    check_id: string;
    check_name: string;
    file_path: string;
    resource: string;
    check_result: { evaluated_keys?: string[] };
  }
  interface Report {
    results: { failed_checks: Failed[] };
    summary: { passed: number; parsing_errors: number };
  }
  const args = ["-d", folder, "--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "-o", "json"];
  const { results, summary } = output<Report>(checkov, args);
  if (summary.parsing_errors > 0) throw new Error(`Checkov cannot read ${summary.parsing_errors} files`);
  const findings = results.failed_checks.map(({ check_id, check_name, file_path, resource, check_result }) => {
    const [kind, , ...name] = resource.split(".");
    const where = check_result.evaluated_keys?.join(" ") ?? "";
    return {
      rule: check_id,
      at: `${basename(file_path, ".yaml")} ${kind} ${name.join(".")} ${where}`,
      says: check_name,
    };
  });
  return { findings, passed: summary.passed };
}

/** The pinned kube-score of `make kubernetes-tools`. */
export const findKubeScore = (): string | undefined => toolPath("kube-score");

/** What kube-score finds in the files of one environment, which it reads together, and how many of its checks passed. */
export function kubeScoreFindings(
  kubeScore: string,
  files: readonly string[],
): { findings: Finding[]; passed: number } {
  interface Scored {
    file_name: string;
    type_meta: { kind: string };
    object_meta: { name: string };
    checks: { check: { id: string }; grade: number; skipped: boolean; comments: Comment[] | null }[];
  }
  interface Comment {
    path: string;
    summary: string;
  }
  const optional = ["container-seccomp-profile", "container-ports-check"].flatMap((id) => [
    "--enable-optional-test",
    id,
  ]);
  const args = ["score", "--output-format", "json", "--kubernetes-version", "v1.34", ...optional, ...files];
  const scored = output<Scored[]>(kubeScore, args);
  const checks = scored.flatMap(({ file_name, type_meta, object_meta, checks: all }) =>
    all
      .filter(({ skipped }) => !skipped)
      .map((check) => ({
        ...check,
        object: `${basename(file_name, ".yaml")} ${type_meta.kind} ${object_meta.name}`,
      })),
  );
  const findings = checks
    .filter(({ grade }) => grade < perfect)
    .flatMap(({ check, comments, object }) =>
      (comments ?? []).map(({ path, summary }) => ({ rule: check.id, at: `${object} ${path}`, says: summary })),
    );
  return { findings, passed: checks.filter(({ grade }) => grade >= perfect).length };
}
const perfect = 10;

function output<T>(program: string, args: readonly string[]): T {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 27 });
  if (error || !stdout.trim()) throw error ?? new Error(stderr);
  return JSON.parse(stdout) as T;
}

/** The findings that no exception explains, and the exceptions that explain nothing. */
export function unexplained(findings: readonly Finding[], exceptions: readonly ManifestException[]) {
  const explains = ({ rule, object }: ManifestException, finding: Finding) =>
    rule === finding.rule && object.test(finding.at);
  return {
    findings: findings.filter((finding) => !exceptions.some((exception) => explains(exception, finding))),
    exceptions: exceptions.filter((exception) => !findings.some((finding) => explains(exception, finding))),
  };
}
