import { join } from "node:path";
import type { Environment } from "../../modules/config";
import { loadEnvironment } from "../../modules/config/load";
import { buildTopology, type Topology } from "../../modules/topology";
import { emulatorFolder } from "../emulator/folder";
import { removeEmulator, runningEmulator } from "../emulator/start";
import { projectRoot } from "../environments";
import { openStore } from "../keys/store";
import { print, printJson, runTasks, table } from "../output";
import { UserError } from "../project";
import { withLock } from "../twin/lock";
import { refuseFindings } from "../twin/refuse-findings";
import { deployToAccount, destroyInAccount, planAccount } from "./account";
import { destroyEmulated } from "./destroy";
import { deployEmulated, prepareEmulated } from "./emulated";
import { accountTarget, missingForDeploy, refuseOtherPlatforms } from "./prepare";
import { showPlans } from "./show-plan";
import type { DeployResult } from "./steps";

export interface DeployOptions {
  emulate?: boolean;
  plan?: boolean;
  destroy?: boolean;
  yes?: boolean;
  json?: boolean;
  store?: string;
  ifPossible?: boolean;
}

interface Chosen {
  root: string;
  environment: Environment;
  topology: Topology;
  options: DeployOptions;
}

/** `natsform deploy`; see cli/commands/deploy.ts for its options. */
export async function deploy(name: string, options: DeployOptions): Promise<void> {
  // Its clients are pinned: what later versions need is no matter of those who deploy.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const root = projectRoot();
  const environment = await loadEnvironment(name, root);
  const topology = buildTopology(environment);
  const chosen = { root, environment, topology, options };
  const missing = await whatIsMissing(topology, options);
  if (missing && options.ifPossible) {
    print(`- deploy       ${name.padEnd(52)} skipped: ${missing.message.split("\n")[0]}`);
    return;
  }
  if (missing) throw missing;
  refuseFindings(environment, new Date().toISOString().slice(0, 10));
  const folder = emulatorFolder(root, name);
  await withLock(folder.lock, () => (options.emulate ? onEmulator(chosen) : inAccount(chosen)));
}

async function whatIsMissing(topology: Topology, { emulate = false }: DeployOptions): Promise<UserError | undefined> {
  try {
    refuseOtherPlatforms(topology);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  const missing = await missingForDeploy(emulate);
  return missing === undefined ? undefined : new UserError(missing, "natsform doctor deploy says how to get it");
}

async function onEmulator({ root, environment, topology, options }: Chosen): Promise<void> {
  const folder = emulatorFolder(root, environment.name);
  const ran = runningEmulator(folder) !== undefined;
  const prepare = prepareEmulated(root, environment, topology);
  if (options.destroy) {
    if (!ran) {
      await removeEmulator(folder);
      print(`${environment.name}: nothing is deployed to an emulated AWS here`);
      return;
    }
    await runTasks([...prepare, ...destroyEmulated()]);
    return;
  }
  if (options.plan) {
    try {
      await runTasks([...prepare, { title: "Plans", task: async ({ target, stacks }) => showPlans(target, stacks) }]);
    } finally {
      if (!ran) await removeEmulator(folder);
    }
    return;
  }
  const result = newResult(environment, true);
  await runTasks([...prepare, ...deployEmulated(result)], options.json);
  show(result, options);
}

async function inAccount({ root, environment, topology, options }: Chosen): Promise<void> {
  const agreed = options.yes ?? false;
  if (!options.plan && !agreed && !process.stdin.isTTY)
    throw new UserError(
      "there is no terminal to ask at before something is changed",
      "--yes, or --plan to see what would be",
    );
  const local = `file:${join(root, ".natsform", environment.name, "keys")}`;
  const target = accountTarget({ root, environment, topology }, openStore(options.store ?? local));
  if (options.plan) return planAccount(target);
  if (options.destroy) return destroyInAccount(target, agreed);
  const result = newResult(environment, false);
  await deployToAccount(target, agreed, result);
  show(result, options);
}

const newResult = ({ name: environment }: Environment, emulated: boolean): DeployResult => ({
  environment,
  emulated,
  applied: {},
  outputs: {},
  rows: [],
});

function show(result: DeployResult, { json }: DeployOptions): void {
  const { environment, outputs, rows } = result;
  const failed = rows.filter(({ ok }) => !ok).length;
  if (json) printJson({ ...result, ok: failed === 0 });
  else {
    const cells = Object.entries(outputs).flatMap(([stack, values]) =>
      Object.entries(values).map(([name, value]) => [
        stack,
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    if (cells.length > 0) print(`${table([["STACK", "OUTPUT", "VALUE"], ...cells])}\n`);
    for (const { ok, group, what, seen } of rows)
      print(table([[ok ? "✔" : "✖", group.padEnd(12), what.padEnd(52), seen]]));
    print(
      `\n${environment}: ${rows.length - failed} of ${rows.length} rows hold${failed > 0 ? `, ${failed} FAILED` : ""}`,
    );
  }
  if (failed > 0) process.exitCode = 1;
}
