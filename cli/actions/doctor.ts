import { execFileSync } from "node:child_process";
import { listEnvironments } from "../../model/config/load";
import { compareVersions } from "../../model/config/server-keys";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { findProject, UserError } from "../core/project";
import { findAll, findNatsServer, natsServerVersion } from "../core/tools";
import { jobs } from "./doctor-jobs";

type Job = (typeof jobs)[number];

interface Prerequisite {
  name: string;
  /** Jobs that cannot be done without it. */
  neededFor: readonly Job[];
  needed: string;
  find(): { found: string; ok: boolean } | undefined;
  get: string;
}

export interface DoctorRow {
  name: string;
  found: string;
  needed: string;
  ok: boolean;
  required: boolean;
  get: string;
}

/** The version that a program prints with `args`; `ok` when it is at least `minimum`. */
function program(name: string, args: readonly string[], minimum: string): Prerequisite["find"] {
  return () => {
    for (const path of findAll(name)) {
      try {
        const text = execFileSync(path, args, { encoding: "utf8", timeout: 20_000, stdio: ["ignore", "pipe", "pipe"] });
        const version = /(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
        if (version) return { found: version, ok: compareVersions(version, minimum) >= 0 };
      } catch {
        // The next one on PATH may work.
      }
    }
    return undefined;
  };
}

const chromium = () => [...findAll("chromium"), ...findAll("chromium-browser"), ...findAll("google-chrome")][0];

const prerequisites: Prerequisite[] = [
  {
    name: "node",
    neededFor: jobs,
    needed: ">= 20.19",
    find: () => ({ found: process.versions.node, ok: compareVersions(process.versions.node, "20.19.0") >= 0 }),
    get: "nodejs.org or the system's packages",
  },
  {
    name: "nats-server",
    neededFor: ["twin", "test"],
    needed: natsServerVersion,
    find: () => (findNatsServer() ? { found: natsServerVersion, ok: true } : undefined),
    get: "make tools builds it with Go; or put this version on PATH",
  },
  {
    name: "go",
    neededFor: ["test"],
    needed: ">= 1.25, to build nats-server and the parser that tests compare with",
    find: program("go", ["version"], "1.25"),
    get: "go.dev/dl or the system's packages",
  },
  {
    name: "chromium",
    neededFor: [],
    needed: "any, for the browser test",
    find: () => (chromium() ? { found: "found", ok: true } : undefined),
    get: "apt-get install chromium",
  },
  {
    name: "terraform",
    neededFor: ["deploy", "kubernetes"],
    needed: ">= 1.11",
    find: program("terraform", ["version"], "1.11"),
    get: "developer.hashicorp.com/terraform/install",
  },
  {
    name: "kubectl",
    neededFor: ["kubernetes"],
    needed: "any",
    find: program("kubectl", ["version", "--client"], "1.0"),
    get: "kubernetes.io/docs/tasks/tools",
  },
];

/** Every prerequisite with what was found. Without a job, those of the twin are required. */
export function examine(job: Job): DoctorRow[] {
  return prerequisites.map(({ name, neededFor, needed, find, get }) => {
    const result = find();
    return {
      name,
      found: result?.found ?? "not found",
      needed,
      ok: result?.ok ?? false,
      required: neededFor.includes(job),
      get,
    };
  });
}

export async function doctor(what: string, { json, store }: { json?: boolean; store?: string }): Promise<void> {
  const isJob = jobs.includes(what as Job);
  const rows = isJob ? examine(what as Job) : await examineEnvironment(what, store);
  if (json) printJson(rows);
  else print(describe(rows, what));
  if (rows.some(({ ok, required }) => required && !ok)) process.exitCode = 1;
}

/** @throws UserError for a name that is neither a job nor an environment */
async function examineEnvironment(name: string, store: string | undefined): Promise<DoctorRow[]> {
  const root = findProject(process.cwd());
  const known = root ? listEnvironments(root) : [];
  if (!root || !known.includes(name))
    throw new UserError(`no such job or environment: ${name}`, `known: ${[...jobs, ...known].join(", ")}`);
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  // Loaded here: AWS's clients are large, and every other command starts without them.
  const { environmentPrerequisites } =
    require("../deploy/preflight/preflight") as typeof import("../deploy/preflight/preflight");
  const { environment, topology } = await openEnvironment(name, root);
  const needs = await environmentPrerequisites({ root, environment, topology, options: { store } });
  return needs.map((need) => ({ ...need, required: true }));
}

function describe(rows: DoctorRow[], job: string): string {
  const lines = table([
    ["", "WHAT", "FOUND", "NEEDED", "HOW TO GET IT"],
    ...rows.map(({ name, found, needed, ok, required, get }) => [
      ok ? "✔" : required ? "✖" : "-",
      name,
      found,
      required ? needed : `${needed} (not needed for ${job})`,
      ok ? "" : get,
    ]),
  ]);
  const missing = rows.filter(({ ok, required }) => required && !ok).map(({ name }) => name);
  return `${lines}\n\n${missing.length > 0 ? `missing for ${job}: ${missing.join(", ")}` : `nothing is missing for ${job}`}`;
}
