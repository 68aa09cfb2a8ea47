import { commandHost } from "../core/hosts";
import { type Left, leaving } from "../core/interrupts";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { rowLine } from "../core/row-line";
import {
  type DeployProps,
  deploy as deployEnvironment,
  deploymentExitCode,
  destroyDeployment,
  PrerequisitesMissing,
  planDeployment,
} from "../deploy/deployment";
import type { DeployResult } from "../deploy/steps";

export interface DeployOptions extends Omit<DeployProps, "approved"> {
  /** File that was approved. */
  approved?: string;
  approvedDigest?: string;
  plan?: boolean;
  destroy?: boolean;
  yes?: boolean;
  json?: boolean;
  ifPossible?: boolean;
}

/** `natsform deploy`; its options are in cli/commands/deploy.ts. */
export const deploy = (name: string, options: DeployOptions): Promise<void> =>
  leaving(leftOf(name, options), () => run(name, options));

/** What an interrupt leaves. */
function leftOf(name: string, { plan, destroy, emulate }: DeployOptions): Left {
  const again = "run the same command again";
  if (plan) return { what: "nothing was changed", goOn: again };
  const done = destroy ? "what was destroyed is gone, and the rest stays" : "what was applied stays";
  return emulate
    ? { what: `${done}; the emulated AWS goes on`, goOn: `${again}, or natsform down ${name}` }
    : { what: done, goOn: again };
}

async function run(name: string, options: DeployOptions): Promise<void> {
  // The clients are pinned: the warning about later versions does not concern operators.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  assertConfirmable(options);
  const { json = false, yes = false } = options;
  const host = commandHost({ json, yes });
  const props: DeployProps = { ...options, approved: approvedBy(options) };
  try {
    if (options.plan) {
      const planned = await planDeployment(name, props, host);
      if (json) printJson(planned);
      process.exitCode = deploymentExitCode(planned);
    } else if (options.destroy) {
      const destroyed = await destroyDeployment(name, props, host);
      if (json) printJson(destroyed ?? { environment: name, removed: {}, remains: [] });
      else if (!destroyed) print(`${name}: nothing is deployed to an emulated AWS here`);
      else for (const line of destroyed.remains) print(`kept: ${line}`);
    } else showResult(await deployEnvironment(name, props, host), json);
  } catch (error) {
    if (!(error instanceof PrerequisitesMissing && options.ifPossible)) throw error;
    print(`-  ${"deploy".padEnd(12)}  ${name.padEnd(52)}  skipped: ${error.message.split("\n")[0]}`);
  }
}

const approvedBy = ({ approved, approvedDigest: digest }: DeployOptions): DeployProps["approved"] =>
  approved === undefined ? undefined : { file: approved, ...(digest !== undefined && { digest }) };

/** @throws UserError when changes need a confirmation and there is no way to ask for one */
function assertConfirmable({ emulate, plan, yes, json, approved, approvedDigest, destroy }: DeployOptions): void {
  if (approvedDigest !== undefined && approved === undefined)
    throw new UserError("--approved-digest is of a file", "name it with --approved");
  if (approved !== undefined && (plan || destroy))
    throw new UserError("--approved applies what was planned", `leave out --${plan ? "plan" : "destroy"}`);
  if (emulate || plan || yes || approved !== undefined || (process.stdin.isTTY && !json)) return;
  throw new UserError(
    json ? "--json cannot ask for confirmation" : "there is no terminal to ask for confirmation",
    "--yes confirms every change, --plan only shows them",
  );
}

/** Prints outputs and rows; the command fails when a row does not hold. */
function showResult(result: DeployResult, json: boolean): void {
  const { environment, outputs, rows } = result;
  const failed = rows.filter(({ ok }) => !ok).length;
  if (failed > 0) process.exitCode = 1;
  if (json) {
    printJson({ ...result, ok: failed === 0 });
    return;
  }
  const cells = Object.entries(outputs).flatMap(([stack, values]) =>
    Object.entries(values).map(([name, value]) => [
      stack,
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  if (cells.length > 0) print(`${table([["STACK", "OUTPUT", "VALUE"], ...cells])}\n`);
  for (const row of rows) print(rowLine(row));
  print(
    `\n${environment}: ${rows.length - failed} of ${rows.length} rows hold${failed > 0 ? `, ${failed} FAILED` : ""}`,
  );
}
