import { relative } from "node:path";
import { ConfigError, type Environment, type Trust } from "../../model/config";
import { nearest } from "../../model/config/known-keys";
import { findTrust, listEnvironments, loadEnvironments, trustFile } from "../../model/config/load";
import { lint } from "../../model/lint";
import { type ReviewInput, type ReviewSide, reviewRules, trustChange } from "../../model/review";
import { buildTopology } from "../../model/topology";
import { planChange } from "../../templates";
import { UserError } from "../core/project";
import { type AtBase, type Base, topOf } from "./base-revision";
import { readable } from "./readable";

/**
 * What a review of the checked-out project needs to know, for each environment of either revision.
 *
 * @throws ConfigError with the problems of an environment that cannot be read now
 */
export async function reviewInputs(
  root: string,
  base: Base,
  names: readonly string[],
  today: string,
): Promise<ReviewInput[]> {
  const now = listEnvironments(root);
  const known = [...new Set([...now, ...Object.keys(base.environments)])].sort();
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    throw new UserError(
      `there is no environment ${unknown}`,
      near ? `did you mean ${near}?` : `known: ${known.join(", ")}`,
    );
  }
  const chosen = names.length > 0 ? [...new Set(names)] : known;
  const there = chosen.filter((name) => now.includes(name));
  const loaded = await loadEnvironments(there, root, readable(topOf(root), root, root));
  refuseUnreadable(loaded);
  const after = new Map(there.map((name, i) => [name, (loaded[i] as PromiseFulfilledResult<Environment>).value]));
  return chosen.map((name) => {
    const trust = findTrust(trustFile(name, root), root).trust;
    return inputOf({
      name,
      before: base.environments[name],
      after: after.get(name),
      trust,
      base,
      today,
    });
  });
}

/** All problems of all environments, in one error. */
function refuseUnreadable(loaded: readonly PromiseSettledResult<Environment>[]): void {
  const failed = loaded.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const [first, ...more] = failed;
  if (first === undefined) return;
  if (more.length === 0 || !failed.every((error) => error instanceof ConfigError)) throw first;
  throw new UserError(
    (failed as ConfigError[]).map(({ message }) => message).join("\n"),
    "mend them, and review again",
  );
}

interface Named {
  name: string;
  before: AtBase | undefined;
  after: Environment | undefined;
  trust: Trust | undefined;
  base: Base;
  today: string;
}

function inputOf({ name, before: found, after: environment, trust, base, today }: Named): ReviewInput {
  const before = found?.problem === undefined && found ? sideOf(found.environment) : undefined;
  const after = environment && sideOf(environment);
  const elsewhere = reviewRules.map(({ id }) => id);
  const linted = (side: Linted | undefined) =>
    side ? lint(side.environment, side.topology, today, elsewhere) : { findings: [], acknowledged: [] };
  const now = linted(after);
  const old = linted(before);
  const oldTrust = found?.problem === undefined ? found?.trust : undefined;
  return {
    name,
    ...(before && { before }),
    ...(after && { after }),
    change: planChange(before?.topology, after?.topology ?? emptied(before)),
    findings: { before: [...old.findings, ...old.acknowledged], after: now.findings, accepted: now.acknowledged },
    ...(oldTrust && trust && { trust: trustChange(oldTrust, trust) }),
    ...(found?.problem !== undefined && { unreadable: found.problem }),
    files: base.files,
    today,
  };
}

/** A side with all of its environment, which lint reads. */
type Linted = ReviewSide & { environment: Environment };

const sideOf = (environment: Environment): Linted => ({ environment, topology: buildTopology(environment) });

/** An environment that is taken out: what is left of it is nothing. */
function emptied(before: ReviewSide | undefined) {
  if (!before) throw new Error("an environment of neither revision");
  return { ...before.topology, clusters: [], streams: [] };
}

/** File of an environment in its repository, for reports. */
export const fileOf = (top: string, root: string, name: string): string =>
  relative(top, `${root}/environments/${name}.ts`).replaceAll("\\", "/");
