import { spawn } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { privateFile, privateFolder, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { terraformRecord } from "../core/emulator-folder";
import { endsWhenAsked, interrupted } from "../core/interrupts";
import { isRunning, parseRecord, poll, recordOf } from "../core/processes";
import { UserError } from "../core/project";
import { toolPath } from "../core/toolbox/find";
import { missingTool } from "../core/toolbox/missing";
import { Collected, type TerraformResult } from "./terraform-messages";

/** A folder that Terraform runs in, with its environment variables. */
export interface TerraformFolder {
  /** Id of the stack. */
  stack: string;
  path: string;
  /** The whole environment of the process: nothing else is inherited. */
  env: Record<string, string>;
}

/** @throws UserError when there is none on PATH */
export function findTerraform(): string {
  const terraform = toolPath("terraform");
  if (!terraform) throw missingTool("terraform");
  return terraform;
}

/** Environment variables of every run of Terraform, besides credentials. */
export const terraformEnv = (cliConfig: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  HOME: process.env.HOME ?? "",
  TF_CLI_CONFIG_FILE: cliConfig,
  TF_IN_AUTOMATION: "1",
  TF_INPUT: "0",
  // Otherwise it waits for a HashiCorp server that not every network reaches.
  CHECKPOINT_DISABLE: "1",
  // A provider builds its schema at every start, and a third of that is garbage collection: a plan with hashicorp/aws 5.100
  // takes 6.9 s of CPU instead of 10.2, and 150 MB more.
  GOGC: process.env.GOGC ?? "400",
});

/**
 * Runs one command and collects its output. A signal to this process is passed on once, so that Terraform finishes the
 * current operation and saves its state.
 *
 * @param progress gets a line when a resource's operation starts and while it runs
 */
export async function terraform(
  { stack, path, env }: TerraformFolder,
  args: readonly string[],
  progress: (text: string) => void = () => undefined,
): Promise<TerraformResult> {
  const record = join(path, terraformRecord);
  await afterAbandoned(record, progress);
  mkdirSync(path, { recursive: true, mode: privateFolder });
  const collected = new Collected(progress);
  // These commands print data, which may be secret. All others write to a log file, since a broken pipe would end Terraform before it has
  // saved its state.
  const isData = ["show", "output"].includes(args[0] ?? "") || args.slice(0, 2).join(" ") === "state pull";
  const log = isData ? undefined : openLog(join(path, "natsform.log"), (line) => collected.line(line));
  // In a group of its own: a terminal's interrupt would reach it twice, and the second one makes it drop everything.
  const child = spawn(findTerraform(), [...args], {
    cwd: path,
    env: isData ? withoutLogs(env) : env,
    detached: true,
    stdio: log ? ["ignore", log.file, log.file] : ["ignore", "pipe", "pipe"],
  });
  if (child.pid) writeFileAtomically(record, JSON.stringify(recordOf(child.pid)));
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => collected.line(line));
  if (child.stderr) createInterface({ input: child.stderr }).on("line", (line) => collected.diagnostic(line));
  let stopped = false;
  const stop = {
    does: () => {
      stopped = child.kill("SIGINT");
    },
    says: `Terraform (${stack}) is told to stop, and waited for`,
  };
  const changes = ["apply", "destroy"].includes(args[0] ?? "");
  const asked = changes ? endsWhenAsked(letFinish(stack), stop) : endsWhenAsked(stop);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  log?.close();
  const signal = asked();
  const collectedResult = collected.result(code);
  // Half of a document is no message, and holds what the whole one does.
  const result = isData && code !== 0 ? { ...collectedResult, text: "" } : collectedResult;
  // What failed by itself meanwhile is told as that.
  if (signal && (code === 0 || stopped))
    throw interrupted(signal, changes ? leftBy(stack, stopped, result) : undefined);
  return result;
}

/** Terraform logs to where errors are, values of resources too: of these commands the last lines would be shown. */
const withoutLogs = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^TF_LOG(_|$)/.test(name)));

/**
 * Terraform's providers drop the requests that they wait for when they are told to stop: what is being made then exists,
 * and is not in the state. So it is only told when the user insists.
 */
const letFinish = (stack: string) => ({
  does: () => undefined,
  says: `Terraform (${stack}) finishes what it was told to do, and nothing is begun after it; interrupt again to stop it, which can leave what it makes just then out of its state`,
});

function leftBy(stack: string, stopped: boolean, { canceled }: TerraformResult): string {
  if (!stopped) return `${stack} is done, and nothing after it was begun`;
  if (canceled.length === 0) return `${stack} was stopped, and its state says what was done`;
  return `${stack} was stopped; these may exist without being in its state, and can be imported or removed by hand: ${canceled.join(", ")}`;
}

const pollMs = 200;

/** A log that a process appends to, followed line by line until `close`, which reads the rest. */
function openLog(path: string, line: (text: string) => void): { file: number; close(): void } {
  const file = openSync(path, "a+", privateFile);
  let [position, rest] = [fstatSync(file).size, Buffer.alloc(0)];
  const readNew = () => {
    const chunk = Buffer.alloc(fstatSync(file).size - position);
    position += readSync(file, chunk, 0, chunk.length, position);
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(10) + 1;
    rest = bytes.subarray(end);
    const text = bytes.subarray(0, end).toString("utf8");
    for (const entry of text.split("\n").slice(0, -1)) line(entry);
  };
  const timer = setInterval(readNew, pollMs);
  return {
    file,
    close: () => {
      clearInterval(timer);
      readNew();
      closeSync(file);
    },
  };
}

const abandonedMs = 30 * 60_000;

/** A killed command leaves its Terraform at work: it is waited for. Stopped, it would lose what it makes just then. */
async function afterAbandoned(record: string, progress: (text: string) => void): Promise<void> {
  const recorded = parseRecord(readIfThere(record) ?? "");
  if (!recorded || !isRunning(recorded)) return;
  progress(`waits for Terraform of an earlier command (process ${recorded.pid})`);
  if (!(await poll(() => !isRunning(recorded), abandonedMs)))
    throw new UserError(
      `terraform of an earlier command still runs (process ${recorded.pid})`,
      "wait until it has ended",
    );
}
