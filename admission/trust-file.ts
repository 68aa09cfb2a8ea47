import { type FileProblems, type FoundTrust, formatPath, type Problem, type Trust } from "../model/config";
import type { Finding } from "../model/lint";
import { leafAuthorityProblems, type Topology, trustProblems } from "../model/topology";
import type { Candidate } from "./verdict";

export interface TrustFileVerdict {
  problems: FileProblems[];
  findings: Finding[];
}

/** Checks a trust file for this purpose. */
export function judgeTrustFile({ topology, purpose, trust: found }: Candidate): TrustFileVerdict {
  if (!found) return { problems: [], findings: [] };
  const { file, trust } = found;
  const problems = [...found.problems, ...(trust ? trustProblems(topology, trust) : [])];
  const findings: Finding[] = [];
  const [rule, problem] = unusable(topology, found) ?? [];
  if (rule && problem && purpose === undefined) findings.push(warning(rule, file, problem));
  else if (problem && isRefused(found, purpose)) problems.push(problem);
  if (trust && !trust.example && problems.length === 0) {
    const unknown = leafAuthorityProblems(topology, trust);
    findings.push(...unknown.map((one) => warning("leaf-authority-unknown", file, one)));
    findings.push(...sharedKeys(topology, trust).map((one) => warning("keys-shared-by-clusters", file, one)));
  }
  return { problems: problems.length > 0 ? [{ file, problems }] : [], findings };
}

/** Problem of a valid file with which nobody could log in, or of one that does not exist yet. */
function unusable({ environment }: Topology, { trust, problems }: FoundTrust): [string, Problem] | undefined {
  if (problems.length > 0 || trust?.example === false) return undefined;
  const fix = `natsform keys init ${environment} makes real keys`;
  return trust
    ? [
        "trust-file-example",
        { path: ["example"], got: true, message: "nobody holds the keys of an example, so nobody could log in", fix },
      ]
    : ["trust-file-missing", { path: [], message: "there is no trust file, so nobody could log in", fix }];
}

/** Clusters that accept each other's keys, as those of before do. An operator of others lists one set for all. */
function sharedKeys({ environment, clusters }: Topology, trust: Trust): Problem[] {
  if (trust.cluster !== undefined || trust.imported || clusters.length < 2) return [];
  const names = clusters.map(({ name }) => name).join(", ");
  const message = `is not said: ${names} have the same keys, so whoever owns the secrets of one owns all`;
  return [{ path: ["cluster"], message, fix: `natsform keys rotate ${environment} gives each its own` }];
}

/** A missing file is always refused; examples will do for anything but a deployment. */
const isRefused = ({ trust }: FoundTrust, purpose: Candidate["purpose"]) => !trust || purpose === "deployment";

const warning = (rule: string, file: string, { path, message, fix = "" }: Problem): Finding => ({
  rule,
  severity: "warning",
  at: path.length > 0 ? `${file}: ${formatPath(path)}` : file,
  message,
  fix,
});
