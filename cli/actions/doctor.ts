import { listEnvironments } from "../../model/config/load";
import { openEnvironment } from "../core/environment";
import { judgeKubeconfig, kubeconfigState } from "../core/kubeconfig";
import { print, printJson, table } from "../core/output";
import { findProject, UserError } from "../core/project";
import { registryAnswers } from "../core/provider-mirror";
import { findTool, neededVersion } from "../core/toolbox/find";
import { type Job, jobNames, jobs } from "../core/toolbox/jobs";
import { toolsOf } from "../core/toolbox/list";
import { howToGet } from "../core/toolbox/missing";

export interface DoctorRow {
  name: string;
  found: string;
  needed: string;
  ok: boolean;
  /** Without it the job cannot be done; without the others it is done as far as possible. */
  required: boolean;
  /** What it is for; of an environment's prerequisites their names say it. */
  purpose?: string;
  get: string;
}

/** Every tool of the job with what was found, and for work on Kubernetes whether there is access to one. */
export async function examine(job: Job): Promise<DoctorRow[]> {
  return [...(await examineTools(job)), ...(job === "kubernetes" ? [await kubeconfigRow()] : [])];
}

async function kubeconfigRow(): Promise<DoctorRow> {
  return {
    name: "kubeconfig",
    ...judgeKubeconfig(await kubeconfigState(process.env)),
    needed: "a context whose API answers",
    required: true,
    purpose: "says which Kubernetes cluster",
    get: "KUBECONFIG, and kubectl config use-context",
  };
}

async function examineTools(job: Job): Promise<DoctorRow[]> {
  let registry: Promise<boolean> | undefined;
  return Promise.all(
    toolsOf(jobs[job]).map(async ({ tool, needed: required }) => {
      const row = {
        name: tool.name,
        needed: neededVersion(tool),
        required,
        purpose: tool.purpose,
        get: howToGet(tool),
      };
      const found = await findTool(tool);
      if (found) return { ...row, found: found.found, ok: found.ok };
      if (tool.kind === "provider" && required) {
        registry ??= registryAnswers();
        if (await registry) return { ...row, found: "in its registry", ok: true };
      }
      return { ...row, found: "not found", ok: false };
    }),
  );
}

export async function doctor(what: string, { json, store }: { json?: boolean; store?: string }): Promise<void> {
  const isJob = (jobNames as string[]).includes(what);
  const rows = isJob ? await examine(what as Job) : await examineEnvironment(what, store);
  if (json) printJson(rows);
  else print(describe(rows, what));
  if (rows.some(({ ok, required }) => required && !ok)) process.exitCode = 1;
}

/** @throws UserError for a name that is neither a job nor an environment */
async function examineEnvironment(name: string, store: string | undefined): Promise<DoctorRow[]> {
  const root = findProject(process.cwd());
  const known = root ? listEnvironments(root) : [];
  if (!root || !known.includes(name))
    throw new UserError(`no such job or environment: ${name}`, `known: ${[...jobNames, ...known].join(", ")}`);
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  // Loaded here: AWS's clients are large, and every other command starts without them.
  const { environmentPrerequisites } =
    require("../deploy/preflight/preflight") as typeof import("../deploy/preflight/preflight");
  const { environment, topology } = await openEnvironment(name, root);
  const needs = await environmentPrerequisites({ root, environment, topology, options: { store } });
  return needs.map(({ optional = false, ...need }) => ({ ...need, required: !optional }));
}

function describe(rows: DoctorRow[], job: string): string {
  const shown = rows.map(({ name, found, needed, ok, required, purpose = "", get }) => [
    ok ? "✔" : required ? "✖" : "-",
    name,
    found,
    needed,
    required ? purpose : `${purpose} (optional)`,
    ok ? "" : get,
  ]);
  const heading = ["", "WHAT", "FOUND", "NEEDED", "FOR", "HOW TO GET IT"];
  const withPurpose = rows.some(({ purpose }) => purpose);
  const lines = table([heading, ...shown].map((row) => row.filter((_, column) => withPurpose || column !== 4)));
  const missing = rows.filter(({ ok, required }) => required && !ok).map(({ name }) => name);
  return `${lines}\n\n${missing.length > 0 ? `missing for ${job}: ${missing.join(", ")}` : `nothing is missing for ${job}`}`;
}
