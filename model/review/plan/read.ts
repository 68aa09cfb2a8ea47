import { type Finding, runRules } from "../../lint";
import { recordNames, type StackRecord } from "../../topology";
import type { ResourceChange, StackReview } from "../model";
import { actionOf, actionOrder, whyOf } from "./actions";
import { differencesOf } from "./differences";
import { digestsOf } from "./digests";
import type { PlanJson, Rendering, ResourceJson } from "./format";
import { objectChanges } from "./objects";
import { widePolicies } from "./policies";
import { isRolled, nameIn, planRules } from "./rules";
import { mapTexts, type Net, secretNet } from "./secrets";

/** Attributes that a program changes by design, and stacks ignore: `type.attribute`. */
const programsOwn: ReadonlySet<string> = new Set([
  "aws_route53_record.records",
  "aws_secretsmanager_secret_version.secret_string",
]);

/** Groups of drift in a report. */
const mostDrift = 50;

/** Whose plan it is, by the record that every stack of natsform has; undefined of somebody else's. */
export function recordOf({ resource_changes = [] }: PlanJson): StackRecord | undefined {
  const resource = resource_changes.find(
    ({ type, name, address }) =>
      type === "terraform_data" && (name === recordNames.stack || address.endsWith(`.${recordNames.stack}`)),
  );
  const input = textOf(resource?.change.after) ?? textOf(resource?.change.before);
  if (input === undefined) return undefined;
  try {
    const record = JSON.parse(input) as StackRecord | null;
    // Somebody else's may have the same name.
    return typeof record?.environment === "string" && typeof record.stack?.id === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (side: unknown): string | undefined => {
  const input = typeof side === "object" && side !== null ? (side as { input?: unknown }).input : undefined;
  return typeof input === "string" ? input : undefined;
};

/** Notes of natsform in its own states: no resource anywhere. */
const isRecord = ({ type, name }: ResourceJson) =>
  type === "terraform_data" && Object.values(recordNames).some((record) => record === name);

/**
 * Reads a plan. No secret of it is in the result: values are masked by both masks, and every text goes through a net of all
 * that is sensitive anywhere in the document.
 *
 * @param stack what it is called in the report
 * @param net of all documents that are read with it: what one of them marks may stand in the open in another
 */
export function readPlan(plan: PlanJson, stack: string, net: Net = secretNet(plan)): StackReview {
  const leaks: Finding[] = [];
  const resources = (plan.resource_changes ?? []).filter((one) => one.mode !== "data" && !isRecord(one));
  const changes = resources.flatMap((one): ResourceChange[] => {
    const action = actionOf(one);
    if (action === undefined) return [];
    return [
      {
        ...changeOf(one, action, plan.synthesized?.[one.address], net, (path) => leaks.push(leak(one.address, path))),
        ...objectsOf(plan.rendered?.[one.address], net),
      },
    ];
  });
  const counts: StackReview["counts"] = {};
  for (const { action, movedFrom } of changes) {
    counts[action] = (counts[action] ?? 0) + 1;
    if (movedFrom !== undefined && action !== "moved") counts.moved = (counts.moved ?? 0) + 1;
  }
  const findings: Finding[] = runRules([...planRules, widePolicies], plan);
  return mapTexts(
    {
      stack,
      counts,
      changes: [...changes].sort((a, b) => actionOrder.indexOf(a.action) - actionOrder.indexOf(b.action)),
      drift: driftOf(plan, net),
      findings: [...findings, ...leaks].map((finding) => ({
        ...finding,
        at: finding.at === "" ? stack : finding.at,
      })),
      rolled: resources
        .filter((one) => one.type === "aws_ecs_service" && actionOf(one) !== undefined && isRolled(one))
        .flatMap(({ change }) => nameIn(change.before) ?? []),
      unsent: unsentIn(plan),
      deferred: plan.deferred_changes?.length ?? 0,
    },
    net,
  );
}

/** A stack of which a plan says nothing. */
export const nothingPlanned = (stack: string): StackReview => ({
  ...{ stack, counts: {}, changes: [], drift: [], findings: [], rolled: [], unsent: [], deferred: 0 },
});

function changeOf(
  resource: ResourceJson,
  action: ResourceChange["action"],
  written: unknown,
  net: Net,
  leaked: (path: string) => void,
): ResourceChange {
  const { address, type, deposed, previous_address: movedFrom, change } = resource;
  const why = change.actions.join() === "create,forget" ? "another one is made under the same name" : whyOf(resource);
  return {
    address,
    ...constructIn(written),
    type,
    action,
    ...(deposed !== undefined && { deposed }),
    ...(movedFrom !== undefined && { movedFrom }),
    ...(why !== undefined && { why }),
    // Of what comes or goes as a whole every attribute differs.
    differences: action === "changed" || action.startsWith("replaced") ? differencesOf(type, change, net, leaked) : [],
    digests: digestsOf(type, change, net),
  };
}

function objectsOf(rendering: Rendering | undefined, net: Net): Pick<ResourceChange, "objects" | "notRendered"> {
  if (!rendering) return {};
  return "missing" in rendering ? { notRendered: rendering.missing } : { objects: objectChanges(rendering, net) };
}

/** CDKTF writes the path of a resource in the tree of constructs beside its attributes; the stack comes first in it. */
function constructIn(written: unknown): Pick<ResourceChange, "construct"> {
  const path = (written as { "//"?: { metadata?: { path?: unknown } } } | undefined)?.["//"]?.metadata?.path;
  return typeof path === "string" ? { construct: path.split("/").slice(1).join("/") } : {};
}

/** A value that is sensitive elsewhere stands in an attribute that nothing marks. */
const leak = (address: string, path: string): Finding => ({
  ...{ rule: "secret-in-the-open", severity: "error", at: address },
  message: `${path} holds a value that is sensitive elsewhere`,
  fix: "name the secret by its reference; and rotate it: it is in the state, and in every plan's text",
});

/**
 * Attributes that are written and never read: they are null before and after, whatever they are. Only another version beside
 * them sends them; a plan of another value alone has no change.
 */
function unsentIn({ resource_changes = [], configuration }: PlanJson): string[] {
  const versionOf = (side: unknown, name: string) =>
    typeof side === "object" && side !== null ? (side as Record<string, unknown>)[name] : undefined;
  return (configuration?.root_module?.resources ?? []).flatMap(({ address, expressions = {} }) => {
    const found = resource_changes.find((one) => one.address === address);
    if (!found?.change.before || !found.change.after) return [];
    const { before, after, after_unknown } = found.change;
    return Object.keys(expressions).flatMap((name) => {
      const version = `${name}_version`;
      if (!/_wo$/.test(name) || versionOf(after_unknown, version) === true) return [];
      return versionOf(before, version) === versionOf(after, version) ? [`${address}.${name}`] : [];
    });
  });
}

/** What changed in the cloud by itself: by type and attributes, what feeds the plan first. */
function driftOf({ resource_drift = [], relevant_attributes = [] }: PlanJson, net: Net): StackReview["drift"] {
  const relevant = new Set(relevant_attributes.map(({ resource }) => resource));
  const groups = new Map<string, StackReview["drift"][number]>();
  for (const one of resource_drift) {
    const action = actionOf(one);
    const attributes = differencesOf(one.type, one.change, net)
      .map(({ path }) => path.split(".")[0] ?? "")
      .filter((name) => !programsOwn.has(`${one.type}.${name}`));
    if (action === "moved" || (action === "changed" && attributes.length === 0)) continue;
    const what =
      action === "destroyed" ? `${one.type} is gone` : `${one.type}: ${[...new Set(attributes)].sort().join(", ")}`;
    const group = groups.get(what) ?? { what, count: 0, feeds: false };
    groups.set(what, { what, count: group.count + 1, feeds: group.feeds || relevant.has(one.address) });
  }
  const ranked = [...groups.values()].sort(
    (a, b) =>
      Number(b.feeds) - Number(a.feeds) ||
      Number(b.what.endsWith("gone")) - Number(a.what.endsWith("gone")) ||
      b.count - a.count,
  );
  const rest = ranked.slice(mostDrift);
  const count = rest.reduce((sum, group) => sum + group.count, 0);
  return rest.length === 0
    ? ranked
    : [
        ...ranked.slice(0, mostDrift),
        { what: `${rest.length} more kinds`, count, feeds: rest.some(({ feeds }) => feeds) },
      ];
}
