import { nearest } from "../../model/config/known-keys";
import { isInFamily, stackPlan } from "../../model/topology";
import { openEnvironment } from "../core/environment";
import { endsWhenAsked } from "../core/interrupts";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { findTool, neededVersion } from "../core/toolbox/find";
import { installTools, type Outcome, type Watcher } from "../core/toolbox/install";
import { type Job, jobs } from "../core/toolbox/jobs";
import { jobsOf, type MadeTool, natsServerTool, type Tool, tools, toolsNamed, toolsOf } from "../core/toolbox/list";
import { howToGet } from "../core/toolbox/missing";

export async function list({ json }: { json?: boolean }): Promise<void> {
  const rows = await Promise.all(
    tools.map(async (tool) => {
      const found = await findTool(tool);
      return {
        name: tool.name,
        needed: neededVersion(tool),
        found: found?.found ?? null,
        ok: found?.ok ?? false,
        path: found?.path ?? null,
        jobs: jobsOf(tool),
        purpose: tool.purpose,
        get: howToGet(tool),
      };
    }),
  );
  if (json) return printJson(rows);
  print(
    table([
      ["", "TOOL", "NEEDED", "FOUND", "FOR", "WHAT IT DOES", "HOW TO GET IT"],
      ...rows.map(({ name, needed, found, ok, jobs, purpose, get }) => [
        ok ? "✔" : "-",
        name,
        needed,
        found ?? "not found",
        jobs.join(", "),
        purpose,
        ok ? "" : get,
      ]),
    ]),
  );
}

interface InstallOptions {
  for?: Job;
  environment?: string;
  ifPossible?: boolean;
  json?: boolean;
}

/** A tool that is asked for; `needed` is false where the rest can do without it. */
interface Wanted {
  tool: Tool;
  needed: boolean;
}

/** Makes tools. The exit code is 1 when one that is needed cannot be had. */
export async function install(names: string[], options: InstallOptions): Promise<void> {
  const wanted = withoutTwice([
    ...names.flatMap(byName),
    ...(options.for ? ofJob(options.for) : []),
    ...(options.environment ? await ofEnvironment(options.environment) : []),
    ...(names.length === 0 && !options.for && !options.environment ? ofJob("twin") : []),
  ]);
  const all = wanted.map(({ tool }) => tool);
  const { outcomes, interrupted } = await interruptible((signal) =>
    options.json ? installTools(all, signal) : shown((progress) => installTools(all, signal, progress)),
  );
  const failed = outcomes.filter(({ failure }) => failure);
  const neededNames = options.ifPossible ? [] : wanted.flatMap(({ tool, needed }) => (needed ? [tool.name] : []));
  const isFailure = failed.some(({ tool }) => interrupted || neededNames.includes(tool.name));
  if (options.json) {
    printJson(outcomes.map(toRow));
    if (isFailure) process.exitCode = 1;
    return;
  }
  if (outcomes.every(({ seconds, failure }) => seconds === undefined && !failure))
    print(`already here: ${all.map(titleOf).join(", ")}`);
  if (isFailure) throw failureOf(failed);
  if (failed.length > 0) process.stderr.write(`${failureOf(failed).message}\n`);
}

async function shown<T>(work: (progress: Watcher) => Promise<T>): Promise<T> {
  const progress = new Progress();
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

/** @throws UserError for a name that the list does not have */
function byName(name: string): Wanted[] {
  const found = toolsNamed(name);
  if (found.length > 0) return found.map((tool) => ({ tool, needed: true }));
  const near = nearest(
    name,
    tools.map((tool) => tool.name),
  );
  throw new UserError(
    `there is no tool ${JSON.stringify(name)}`,
    near ? `did you mean ${JSON.stringify(near)}?` : "natsform tools list names them",
  );
}

/** What natsform can make of a job's tools: nobody asked it for the others, and the job itself says what it lacks. */
const ofJob = (job: Job): Wanted[] => toolsOf(jobs[job]).filter(({ tool }) => tool.kind === "made");

/** What `natsform up` needs, and what `natsform deploy --emulate` does where the environment has clusters on AWS. */
async function ofEnvironment(name: string): Promise<Wanted[]> {
  const { topology } = await openEnvironment(name);
  const isOnAws = stackPlan(topology).some(isInFamily("aws"));
  const emulation = isOnAws ? toolsOf(["emulation"]).filter(({ tool, needed }) => tool.kind === "made" && needed) : [];
  return [
    { tool: natsServerTool(topology.nats.version), needed: true },
    ...emulation.map(({ tool }) => ({ tool, needed: false })),
  ];
}

function withoutTwice(wanted: readonly Wanted[]): Wanted[] {
  const byName = new Map<string, Wanted>();
  for (const { tool, needed } of wanted) {
    const before = byName.get(tool.name);
    byName.set(tool.name, { tool: before?.tool ?? tool, needed: needed || (before?.needed ?? false) });
  }
  return [...byName.values()];
}

/** SIGINT and SIGTERM end what is being made, and nothing of it stays. A terminal's interrupt may come twice. */
async function interruptible(
  work: (signal: AbortSignal) => Promise<Outcome[]>,
): Promise<{ outcomes: Outcome[]; interrupted: boolean }> {
  const controller = new AbortController();
  const asked = endsWhenAsked({ does: () => controller.abort() });
  try {
    const outcomes = await work(controller.signal);
    return { outcomes, interrupted: controller.signal.aborted };
  } finally {
    asked();
  }
}

/** `pebble 2.10.1`, `terraform >= 1.11`, `helm`. */
const titleOf = (tool: Tool) =>
  tool.name.includes("@") || neededVersion(tool) === "any" ? tool.name : `${tool.name} ${neededVersion(tool)}`;

const doing = {
  go: "building it with Go",
  "go-version": "building it with Go",
  "go-files": "taking its files out of Go modules",
  python: "installing its Python packages",
} satisfies Record<MadeTool["way"]["by"], string>;

/** A line when something begins and when it ends; on a terminal, a last line that moves says what is under way. */
class Progress implements Watcher {
  readonly #begun = new Map<string, number>();
  readonly #moving = process.stdout.isTTY ? setInterval(() => this.#move(), 1000) : undefined;

  begins(tool: MadeTool): void {
    this.#begun.set(tool.name, performance.now());
    this.#line(`${titleOf(tool)}: ${doing[tool.way.by]}`);
  }

  ends({ tool, seconds = 0, failure }: Outcome): void {
    this.#begun.delete(tool.name);
    this.#line(`${titleOf(tool)}: ${failure ? "failed" : "done"} after ${Math.round(seconds)} s`);
  }

  stop(): void {
    clearInterval(this.#moving);
    if (this.#moving) process.stdout.write(clearLine);
  }

  #line(text: string): void {
    print(`${this.#moving ? clearLine : ""}${text}`);
  }

  #move(): void {
    const parts = [...this.#begun].map(
      ([name, since]) => `${name} ${Math.round((performance.now() - since) / 1000)} s`,
    );
    process.stdout.write(
      `${clearLine}  ${parts.join(", ")}`.slice(0, (process.stdout.columns ?? 80) + clearLine.length - 1),
    );
  }
}
const clearLine = "\r\u001b[2K";

const toRow = ({ tool, path, seconds, failure }: Outcome) => ({
  name: tool.name,
  version: neededVersion(tool),
  path: path ?? null,
  made: seconds !== undefined && !failure,
  seconds: seconds === undefined ? null : Math.round(seconds * 10) / 10,
  ...failure,
});

/** One error with each reason once, after all the tools that it holds for. */
function failureOf(failed: readonly Outcome[]): UserError {
  const groups = new Map<string, { tools: Tool[]; reason: string; fix: string }>();
  for (const { tool, failure } of failed) {
    if (!failure) continue;
    const key = `${failure.reason}\n${failure.fix}`;
    const { tools } = groups.get(key) ?? { tools: [] };
    groups.set(key, { tools: [...tools, tool], ...failure });
  }
  const [only] = groups.values();
  if (failed.length === 1 && only)
    return new UserError(
      only.tools.map((tool) => `${named(tool)} cannot be installed: ${only.reason}`).join(),
      only.fix,
    );
  const list = [...groups.values()].flatMap(({ tools, reason, fix }) => [
    ...tools.map((tool) => `  ✖ ${named(tool)}`),
    `    ${reason.replaceAll("\n", "\n    ")}`,
    `    fix: ${fix}`,
  ]);
  return new UserError([`${failed.length} tools cannot be installed:`, ...list].join("\n"));
}

const named = (tool: Tool) => `${titleOf(tool)} (${tool.purpose})`;
