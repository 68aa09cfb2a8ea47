import type { ChangePlan } from "../../model/change";
import type { Acknowledgement } from "../../model/lint";
import {
  mapTexts,
  type Reason,
  type Review,
  type ReviewInput,
  review as reviewInClear,
  type StackReview,
  secretNet,
  trustChange,
} from "../../model/review";
import { holdsServers, recordedTrust, type Topology } from "../../model/topology";
import { deployedWholes } from "../../templates/change";
import { verdictLines } from "../../templates/review";
import type { Host } from "../core/host";
import { Blocked } from "../core/project";
import { isBegun } from "./states/state";
import type { Survey } from "./survey";
import { type DeployTarget, stacksOf } from "./target";

/**
 * Judges a deployment: from what servers were made from, as the states of their stacks have it, to what they would be made
 * from now. After a deployment that ended half-way that is several, each with a review of its own.
 *
 * @param stacks what Terraform plans, as far as it can be planned before anything is applied
 */
export function reviewDeployment(
  target: DeployTarget,
  { states, left, change }: Survey,
  stacks: readonly StackReview[],
): Review[] {
  const known = [...states.values(), ...left.map(({ state }) => state)];
  const deployed = deployedWholes(known);
  const { environment } = target;
  const deletionProtection = known.some(({ record }) => record?.protected);
  const unnoted = stacksOf(target).filter((stack) => {
    const state = states.get(stack.id);
    return holdsServers(stack) && state && isBegun(state) && !state.topology;
  });
  const input: ReviewInput = {
    name: environment.name,
    after: { environment, topology: deployable(target) },
    change,
    // Admission has judged the environment itself.
    findings: { before: [], after: [], accepted: [] },
    ...(unnoted.length > 0 && {
      unreadable: `${unnoted.map(({ id }) => id).join(", ")}: what its servers run is not noted yet`,
    }),
    accepted: acknowledged(target, change),
    files: [],
    stacks,
    today: today(),
  };
  if (deployed.length === 0) return [review(input)];
  return deployed.map(({ topology, trust }) =>
    review({
      ...input,
      before: {
        environment: { ...environment, deletionProtection },
        topology,
      },
      ...(trust && { trust: trustChange(trust, recordedTrust(target.trust)) }),
    }),
  );
}

/** Judges the plan of one stack by itself: one that could be planned only when others were applied. */
export function reviewStack(target: DeployTarget, stack: StackReview): Review {
  const { name } = target.environment;
  const nothing: ChangePlan = {
    ...{ environment: name, servers: [], streams: [], losses: [], narrowed: [], forbidden: [], others: [] },
  };
  const same = { environment: target.environment, topology: deployable(target) };
  return review({
    ...{ name, before: same, after: same, change: nothing, stacks: [stack], files: [], today: today() },
    findings: { before: [], after: [], accepted: [] },
    accepted: acknowledged(target, nothing),
  });
}

/** Whatever has the form of a secret is not shown, wherever somebody has put it. */
const review = (input: ReviewInput): Review => mapTexts(reviewInClear(input), secretNet());

const today = () => new Date().toISOString().slice(0, 10);

/** The part of an environment that this target has stacks of. */
function deployable(target: DeployTarget): Topology {
  const { topology } = target;
  const named = new Set(stacksOf(target).map(({ cluster }) => cluster));
  return {
    ...topology,
    clusters: topology.clusters.filter(({ name }) => named.has(name)),
    streams: topology.streams.filter(({ cluster }) => named.has(cluster)),
  };
}

/** What the environment accepts, and what the caller allows by name for this deployment alone. */
function acknowledged({ environment, allowed }: DeployTarget, { losses }: ChangePlan): Acknowledgement[] {
  const given = (rule: string, at: string, option: string): Acknowledgement => ({
    ...{ rule, at, reason: `allowed by ${option} for this deployment`, expires: "9999-12-31" },
  });
  const isAllowed = (name: string) => allowed?.dataLoss?.includes(name);
  const places = new Set(losses.filter(({ name }) => isAllowed(name)).map(({ at }) => at));
  // One of two losses of one place is not both.
  const whole = [...places].filter((at) => losses.every((loss) => loss.at !== at || isAllowed(loss.name)));
  return [
    ...environment.acknowledge,
    ...whole.map((at) => given("data-lost", at, "--allow-data-loss")),
    ...(allowed?.acknowledged ?? []).map((key) => given("effect-not-measured", key, "--acknowledge")),
  ];
}

export function showVerdict(reviews: readonly Review[], host: Host): void {
  for (const text of reviews.flatMap(verdictLines)) host.report({ code: "notice", text });
}

/**
 * Refuses what is not to be applied as it is. Whoever confirms changes, beforehand or when asked, does not accept that.
 *
 * @param agreed rules whose findings were asked for by themselves, and agreed to
 * @throws Blocked
 */
export function refuseBlocked(reviews: readonly Review[], agreed: readonly string[] = []): void {
  const open = new Map(
    reviews
      .flatMap(({ reasons }) => reasons)
      .filter(({ verdict, rule }) => verdict === "block" && !agreed.includes(rule))
      .map((reason) => [`${reason.at}: ${reason.message} (${reason.rule})`, reason]),
  );
  if (open.size === 0) return;
  throw new Blocked(
    [
      "this is not to be applied as it is, and nothing of it was touched:",
      ...[...open.keys()].map((text) => `  ${text}`),
    ].join("\n"),
    ways([...open.values()]),
  );
}

const ways = (reasons: readonly Reason[]): string =>
  [
    ...new Set(reasons.map(({ fix }) => fix)),
    "or accept it in the environment, by its rule: acknowledge: [{ rule, at, reason, expires }]",
  ].join("; ");
