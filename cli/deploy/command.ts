import { admit, type Verdict } from "../../admission";
import type { Environment } from "../../model/config";
import { findTrust, trustFile } from "../../model/config/load";
import { stackPlan, type Topology, withoutStacks } from "../../model/topology";
import { refusal } from "../core/admission-gate";
import { emulatorFolder } from "../core/emulator-folder";
import { openEnvironment } from "../core/environment";
import { withLock } from "../core/lock";
import { print, runTasks } from "../core/output";
import { UserError } from "../core/project";
import { removeEmulator, runningEmulator } from "../emulator/start";
import { keyLocation } from "../keys/location";
import { deployEnvironment, destroyEnvironment, planEnvironment } from "./apply";
import { DeployConsole } from "./deploy-console";
import { deployEmulated, destroyEmulated, prepareEmulated } from "./emulated";
import { checkPrerequisites } from "./preflight/preflight";
import { plansOf } from "./show-plan";
import { newResult, showResult } from "./show-result";
import { realTarget } from "./targets";

export interface DeployOptions {
  emulate?: boolean;
  plan?: boolean;
  destroy?: boolean;
  yes?: boolean;
  json?: boolean;
  store?: string;
  ifPossible?: boolean;
  allowDataLoss?: string[];
  allowRecreate?: string[];
}

interface Chosen {
  root: string;
  environment: Environment;
  topology: Topology;
  options: DeployOptions;
}

/** `natsform deploy`; its options are in cli/commands/deploy.ts. */
export async function deploy(name: string, options: DeployOptions): Promise<void> {
  // The clients are pinned: the warning about later versions does not concern operators.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const opened = await openEnvironment(name);
  const { root, topology } = opened;
  const chosen = { ...opened, options };
  assertConfirmable(options);
  const missing = await checkPrerequisites(chosen);
  if (missing && options.ifPossible) {
    print(`- deploy       ${name.padEnd(52)} skipped: ${missing.message.split("\n")[0]}`);
    return;
  }
  const refused = refusal(judged(chosen));
  if (missing && refused) throw new UserError([missing.message, refused.message].join("\n"));
  if (missing ?? refused) throw missing ?? refused;
  const left = leftOut(topology, options);
  if (left.length > 0 && !options.json) print(`left out: ${left.join(", ")}`);
  const folder = emulatorFolder(root, name);
  await withLock(folder.lock, () => (options.emulate ? onEmulator(chosen) : onAccounts(chosen)));
}

function judged({ root, environment, topology, options }: Chosen): Verdict {
  const { emulate, destroy } = options;
  const own = { environment, topology, today: new Date().toISOString().slice(0, 10) };
  if (destroy) return admit({ ...own, purpose: "removal" });
  if (emulate) return admit({ ...own, purpose: "emulation" });
  return admit({ ...own, purpose: "deployment", trust: findTrust(trustFile(environment.name, root), root) });
}

/** @throws UserError when changes need a confirmation and there is no way to ask for one */
function assertConfirmable({ emulate, plan, yes, json }: DeployOptions): void {
  if (emulate || plan || yes || (process.stdin.isTTY && !json)) return;
  throw new UserError(
    json ? "--json cannot ask for confirmation" : "there is no terminal to ask for confirmation",
    "--yes confirms every change, --plan only shows them",
  );
}

/** Clusters that are left out: those on platforms without stacks, and with an emulated AWS all that are not on AWS. */
function leftOut(topology: Topology, { emulate }: DeployOptions): string[] {
  const elsewhere = stackPlan(topology).flatMap(({ family, cluster }) =>
    cluster && family !== "aws" ? [`${cluster} (${family}: only AWS is emulated)`] : [],
  );
  const notEmulated = emulate ? new Set(elsewhere) : [];
  const withNone = withoutStacks(topology).map(({ name, platform }) => `${name} (${platform.kind})`);
  return [...withNone, ...notEmulated];
}

async function onEmulator({ root, environment, topology, options }: Chosen): Promise<void> {
  const folder = emulatorFolder(root, environment.name);
  const ran = runningEmulator(folder) !== undefined;
  const prepare = prepareEmulated(root, environment, topology, options.destroy);
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
    const deployConsole = new DeployConsole({ confirmed: false, quiet: false });
    try {
      await runTasks([
        ...prepare,
        { title: "Plans", task: async ({ target, stacks }) => void (await plansOf(target, stacks, deployConsole)) },
      ]);
    } finally {
      if (!ran) await removeEmulator(folder);
    }
    return;
  }
  const result = newResult(environment, true);
  await runTasks([...prepare, ...deployEmulated(result)], options.json);
  showResult(result, options.json);
}

async function onAccounts({ root, environment, topology, options }: Chosen): Promise<void> {
  const { yes = false, json = false, plan = false, store: url } = options;
  const { store, lock } = keyLocation(root, environment.name, { store: url });
  const openTarget = () => realTarget({ root, environment, topology }, store, streamsMay(options));
  const deployConsole = new DeployConsole({ confirmed: yes, quiet: json });
  if (plan) return planEnvironment(await openTarget(), deployConsole, json);
  if (options.destroy) return destroyEnvironment({ ...(await openTarget()), removing: true }, deployConsole, json);
  const result = newResult(environment, false);
  // Secrets, servers and responders use one trust file: no keys may be rotated meanwhile.
  await withLock(lock, async () => deployEnvironment(await openTarget(), deployConsole, result));
  showResult(result, json);
}

/** Variables of the streams program for what the options allow. */
const streamsMay = ({ allowDataLoss, allowRecreate }: DeployOptions): Record<string, string> => ({
  ...(allowDataLoss && { STREAMS_ALLOW_DATA_LOSS: allowDataLoss.join(",") }),
  ...(allowRecreate && { STREAMS_ALLOW_RECREATE: allowRecreate.join(",") }),
});
