import { admit, type Verdict } from "../../admission";
import type { ChangePlan } from "../../model/change";
import { changesNothing } from "../../model/change/model";
import type { Environment } from "../../model/config";
import { findTrust, trustFile } from "../../model/config/load";
import type { PlannedServers, Review, StackReview } from "../../model/review";
import { stackPlan, type Topology, withoutStacks } from "../../model/topology";
import { refusal } from "../core/admission-gate";
import { emulatorFolder } from "../core/emulator-folder";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import type { Host } from "../core/host";
import { withLock } from "../core/lock";
import { UserError } from "../core/project";
import { removeEmulator, runningEmulator } from "../emulator/start";
import { keyLocation } from "../keys/location";
import { applyEverything } from "./apply";
import { readApproval } from "./approval";
import { showChange } from "./change";
import { type Destroyed, destroyEverything } from "./destroy";
import { drivers } from "./drivers";
import { openEmulator } from "./emulated";
import { withExchangedAuthorities } from "./exchange-authorities";
import { checkPrerequisites } from "./preflight/preflight";
import { type LeftStackPlan, leftPlan, showLeft } from "./remove-left";
import { type PlanOrWait, parallelPlans, planOrWait, plansOf, waitsFor } from "./show-plan";
import type { DeployResult } from "./steps";
import { stacksFor } from "./steps";
import { survey } from "./survey";
import type { Allowed, DeployTarget } from "./target";
import { realTarget } from "./targets";
import { reviewDeployment, showVerdict } from "./verdict";

export interface DeployProps {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** Deploys clusters on AWS to an emulated AWS of this machine. @default accounts and clusters that the caller is logged in to */
  emulate?: boolean;
  /** URL of the store of the private keys. @default the folder of the environment in `.natsform/` */
  store?: string;
  /** What may be lost: streams or STREAM/consumer that lose messages or are deleted, and clusters that left. */
  allowDataLoss?: readonly string[];
  /** Keys of servers whose effect nobody has measured, and that may be restarted for. */
  acknowledge?: readonly string[];
  /** Id of the lock of a state that a killed run has left, to be released. */
  unlock?: string;
  /**
   * `review.json` that somebody approved: of the same revision and the same plans, or nothing is applied. `digest`, a SHA-256, is
   * that of the file.
   */
  approved?: { file: string; digest?: string };
  /** States may be copied to a backend that was changed. */
  migrateState?: boolean;
  /** Streams, or STREAM/consumer, that may be recreated when they cannot be changed. */
  allowRecreate?: readonly string[];
}

/** Changes of every stack, by its id, or the stack that has to be applied before it can be planned. */
export interface DeploymentPlan {
  environment: string;
  /** What it does to servers, clients and what is stored. */
  change: ChangePlan;
  plans: Record<string, PlanOrWait>;
  /** Whether it is to be applied, and why not: one, or several after a deployment that ended half-way. */
  reviews: Review[];
  /** Stacks that are no longer in the environment and still deployed, in the order of their removal. */
  left: LeftStackPlan[];
}

/** Exit code of a command that shows a plan: 0 nothing changes, 2 something does, 3 it is not to be applied. */
export function deploymentExitCode({ change, plans, left, reviews }: DeploymentPlan): 0 | 2 | 3 {
  if (reviews.some(({ verdict }) => verdict === "block")) return 3;
  if (!changesNothing(change)) return 2;
  const changes = (plan: PlanOrWait) => "plannedAfter" in plan || plan.changes.length > 0;
  return left.length > 0 || Object.values(plans).some(changes) ? 2 : 0;
}

/** Something that a deployment needs is missing. Nothing was changed. */
export class PrerequisitesMissing extends UserError {}

/**
 * Applies every stack of an environment in order, and checks the result. Each change of accounts and clusters is
 * confirmed by the host first; what is emulated is not.
 *
 * @returns what was done. Rows that do not hold are no error: the caller judges them
 * @throws ConfigError for an environment that is not right
 * @throws PrerequisitesMissing with everything that is missing
 * @throws UserError for everything else that the caller can mend
 */
export async function deploy(name: string, props: DeployProps, host: Host): Promise<DeployResult> {
  const chosen = await choose(name, props, "deployment", host);
  const approval = props.approved && readApproval(props.approved, { root: chosen.root, environment: name });
  return withTarget(chosen, host, (target) => applyEverything({ ...target, ...(approval && { approval }) }, host));
}

/**
 * Plans every stack that can be planned, and reports the plans. Changes nothing.
 *
 * @throws as `deploy`
 */
export async function planDeployment(name: string, props: DeployProps, host: Host): Promise<DeploymentPlan> {
  const chosen = await choose(name, props, "plan", host);
  return withTarget(chosen, host, async (opened) => {
    const looking = { ...opened, looking: true };
    const target = looking.emulator ? looking : await withExchangedAuthorities(looking, host);
    const stacks = await stacksFor(target, host);
    const found = await survey(target, stacks, host);
    showChange(found.change, host);
    showLeft(found.left, host);
    await drivers.refuse(target, stacks);
    const planned = await plansOf(target, stacks, found, host);
    const reviews = reviewDeployment(
      target,
      found,
      [...planned.values()].map(({ review }) => review),
    );
    showVerdict(reviews, host);
    const plans = Object.fromEntries([...planned].map(([id, plan]) => [id, planOrWait(plan)]));
    return { environment: name, change: found.change, plans, reviews, left: found.left.map(leftPlan) };
  });
}

/**
 * Plans every stack that can be planned for a review, all at once. It needs no private key and no image, and changes nothing.
 *
 * @returns the stacks, and what their servers were made from and will be
 * @throws as `deploy`
 */
export async function planForReview(
  name: string,
  props: Pick<DeployProps, "root" | "emulate">,
  host: Host,
): Promise<{ stacks: StackReview[]; servers: PlannedServers[] }> {
  const chosen = await choose(name, props, "review", host);
  return withTarget(chosen, host, async (opened) => {
    const target = { ...opened, looking: true };
    const stacks = await stacksFor(target, host);
    const found = await survey(target, stacks, host);
    const plans = await parallelPlans(target, stacks, waitsFor(found), host);
    const servers = [...plans].flatMap(([id, { plan }]) => {
      const { topology, trust } = found.states.get(id) ?? {};
      const same = topology && { topology, ...(trust && { trust }) };
      // A plan without changes says nothing of outputs: what is there stays.
      return plan?.servers ?? (plan && same ? { before: same, after: same } : []);
    });
    return { stacks: [...plans.values()].map(({ review }) => review), servers };
  });
}

/**
 * Removes everything that was deployed, in reverse order.
 *
 * @returns the number of resources removed by stack, and what is kept; `undefined` when nothing is deployed to an
 *   emulated AWS
 * @throws as `deploy`, and for an environment that is protected from deletion
 */
export async function destroyDeployment(name: string, props: DeployProps, host: Host): Promise<Destroyed | undefined> {
  const chosen = await choose(name, props, "removal", host);
  const folder = emulatorFolder(chosen.root, name);
  if (props.emulate && !runningEmulator(folder)) {
    await withLock(folder.lock, () => removeEmulator(folder));
    return undefined;
  }
  return withTarget(chosen, host, (target) => destroyEverything({ ...target, removing: true }, host));
}

interface Chosen {
  root: string;
  environment: Environment;
  topology: Topology;
  props: DeployProps;
  work: "deployment" | "plan" | "review" | "removal";
}

async function choose(name: string, props: DeployProps, work: Chosen["work"], host: Host): Promise<Chosen> {
  const opened = await openEnvironment(name, props.root ?? projectRoot());
  const chosen: Chosen = { ...opened, props, work };
  const { emulate, store } = props;
  const keyless = work === "removal" || work === "review";
  const missing = await checkPrerequisites({ ...opened, options: { emulate, store, keyless } });
  const refused = refusal(judged(chosen));
  if (missing) throw new PrerequisitesMissing([missing, ...(refused ? [refused] : [])].map(textOf).join("\n"));
  if (refused) throw refused;
  const left = leftOut(opened.topology, props);
  if (left.length > 0) host.report({ code: "notice", text: `left out: ${left.join(", ")}` });
  return chosen;
}

const textOf = ({ message }: UserError) => message;

function judged({ root, environment, topology, props, work }: Chosen): Verdict {
  const own = { environment, topology, today: new Date().toISOString().slice(0, 10) };
  if (work === "removal") return admit({ ...own, purpose: "removal" });
  if (props.emulate) return admit({ ...own, purpose: "emulation" });
  return admit({ ...own, purpose: "deployment", trust: findTrust(trustFile(environment.name, root), root) });
}

/** Clusters that are left out: those on platforms without stacks, and with an emulated AWS all that are not on AWS. */
function leftOut(topology: Topology, { emulate }: DeployProps): string[] {
  const elsewhere = stackPlan(topology).flatMap(({ family, cluster }) =>
    cluster && family !== "aws" ? [`${cluster} (${family}: only AWS is emulated)`] : [],
  );
  const notEmulated = emulate ? new Set(elsewhere) : [];
  const withNone = withoutStacks(topology).map(({ name, platform }) => `${name} (${platform.kind})`);
  return [...withNone, ...notEmulated];
}

/** Opens the target, and keeps other commands away from it meanwhile. */
async function withTarget<T>(chosen: Chosen, host: Host, use: (target: DeployTarget) => Promise<T>): Promise<T> {
  const { root, environment, topology, props, work } = chosen;
  const folder = emulatorFolder(root, environment.name);
  return withLock(folder.lock, async () => {
    if (props.emulate) {
      const ran = runningEmulator(folder) !== undefined;
      try {
        return await use({ ...(await openEmulator({ root, environment, topology }, host)), allowed: allowedBy(props) });
      } finally {
        // Started to look, and nothing was deployed to it.
        if ((work === "plan" || work === "review") && !ran) await removeEmulator(folder);
      }
    }
    const { store, lock } = keyLocation(root, environment.name, { store: props.store });
    const open = async () => ({
      ...(await realTarget({ root, environment, topology }, store, streamsMay(props))),
      allowed: allowedBy(props),
    });
    // Secrets, servers and responders use one trust file: no keys may be rotated meanwhile.
    return work === "deployment" ? withLock(lock, async () => use(await open())) : use(await open());
  });
}

const allowedBy = ({ allowDataLoss, acknowledge, unlock, migrateState }: DeployProps): Allowed => ({
  dataLoss: allowDataLoss,
  acknowledged: acknowledge,
  unlock,
  migrateState,
});

/** Variables of the streams program for what may be lost or recreated. */
const streamsMay = ({ allowDataLoss, allowRecreate }: DeployProps): Record<string, string> => ({
  ...(allowDataLoss && { STREAMS_ALLOW_DATA_LOSS: allowDataLoss.join(",") }),
  ...(allowRecreate && { STREAMS_ALLOW_RECREATE: allowRecreate.join(",") }),
});
