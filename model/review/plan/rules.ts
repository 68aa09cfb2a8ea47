import type { Hit, Rule } from "../../lint";
import { actionOf } from "./actions";
import { configured, isGiven, isUnknown } from "./configured";
import type { PlanJson, ResourceJson } from "./format";

/** A rule over one Terraform plan. */
export type PlanRule = Rule<PlanJson>;

const changesOf = ({ resource_changes = [] }: PlanJson) => resource_changes.filter(({ mode }) => mode !== "data");
const attribute = (side: unknown, name: string): unknown =>
  typeof side === "object" && side !== null ? (side as Record<string, unknown>)[name] : undefined;

const abandoned: PlanRule = {
  id: "resource-abandoned",
  severity: "error",
  title: "Something goes on that nobody owns any more",
  reason:
    "Terraform forgets it and stops nothing: a server stays in its cluster, with the same name as the one that is made beside it.",
  fix: "destroy it, or keep it",
  check: (plan) =>
    changesOf(plan)
      .filter((change) => actionOf(change) === "abandoned")
      .map(({ address, change }) => ({
        at: address,
        message: change.actions.includes("create") ? "goes on beside the one that is made in its place" : "goes on",
      })),
};

/** What holds data, names or keys that nothing brings back, or what runs, with what is lost. */
const holders: Readonly<Record<string, string>> = {
  aws_route53_zone: "a new zone has other name servers: every client loses the name until the parent's records end",
  aws_secretsmanager_secret: "its name cannot be taken again for the days of its recovery window",
  aws_kms_key: "what it encrypted cannot be read any more",
  aws_s3_bucket: "its objects, backups and states among them",
  aws_efs_file_system: "every stream on it",
  aws_efs_access_point: "servers of it begin with an empty folder",
  aws_ebs_volume: "every stream on it",
  aws_dynamodb_table: "its entries, locks among them",
  aws_ecr_repository: "images that run",
  aws_vpc: "everything that runs in it; AWS removes none with tasks in it, and its routes are gone by then",
  aws_subnet: "what runs in it; AWS removes none with tasks in it, and its routes are gone by then",
  aws_acmpca_certificate_authority: "every certificate that it signed is trusted by nobody",
  kubernetes_namespace_v1: "everything in it, volumes too",
  kubernetes_persistent_volume_claim_v1: "every stream on it",
  kubernetes_secret_v1: "keys that are not elsewhere",
  vault_mount: "authorities and what they signed",
  helm_release: "every server of it at once",
};

/**
 * What belongs to a service of the environment and is destroyed because the service is no longer there: its key, of which the
 * store of keys has another copy and which opens nothing any more, and images that are built again from the same files.
 */
function goesWithService(resource: ResourceJson): boolean {
  const { type, change, action_reason } = resource;
  const name = nameIn(change.before) ?? "";
  return (
    actionOf(resource) === "destroyed" &&
    action_reason === "delete_because_no_resource_config" &&
    ((type === "aws_secretsmanager_secret" && /\/keys\/user-service-[^/]+$/.test(name)) ||
      (type === "aws_ecr_repository" && /\/(services|http-gateway)$/.test(name)))
  );
}

const serviceGone: PlanRule = {
  id: "service-removed",
  severity: "warning",
  title: "The key or the images of a service go with it",
  reason:
    "The environment has the service no more, and the callout refuses its key. Whoever still runs it is refused at its next login. Until the secret's recovery window ends, no secret of that name can be made: the service cannot come back before.",
  fix: "see that nobody runs it or asks it, and acknowledge it",
  check: (plan) =>
    changesOf(plan)
      .filter(goesWithService)
      .map(({ address, change }) => ({ at: address, message: `destroyed: ${nameIn(change.before)}` })),
};

const dataDestroyed: PlanRule = {
  id: "holder-destroyed",
  severity: "error",
  title: "Something that holds data, a name, keys or what runs is destroyed",
  reason: "Terraform makes another one in its place, or none; what was in it is in neither.",
  fix: "keep it: a moved block where it has only another name; or copy what is in it first",
  check: (plan) =>
    changesOf(plan).flatMap((resource) => {
      const lost = Object.hasOwn(holders, resource.type) ? holders[resource.type] : undefined;
      const action = actionOf(resource) ?? "";
      const isGone = action === "destroyed" || action.startsWith("replaced");
      return lost !== undefined && isGone && resource.deposed === undefined && !goesWithService(resource)
        ? [{ at: resource.address, message: `${action}: ${lost}` }]
        : [];
    }),
};

const unknownAction: PlanRule = {
  id: "unknown-action",
  severity: "warning",
  title: "Terraform does something that natsform does not know",
  reason: "A later Terraform knows more actions than this reader.",
  fix: "look at the plan itself, and use a newer natsform",
  check: (plan) =>
    changesOf(plan)
      .filter((change) => actionOf(change) === "unknown")
      .map(({ address, change }) => ({ at: address, message: change.actions.join(", then "), cannotTell: true })),
};

const importChanged: PlanRule = {
  id: "import-changes",
  severity: "error",
  title: "What is adopted is changed or destroyed in the same plan",
  reason: "Nobody has looked at what is there: it is somebody's, and it runs.",
  fix: "adopt it so that nothing changes, and change it afterwards",
  check: (plan) =>
    changesOf(plan)
      .filter(({ change }) => change.importing && change.actions.join() !== "no-op")
      .map(({ address, change }) => ({ at: address, message: `adopted, and ${change.actions.join(", then ")}` })),
};

const likelyRename: PlanRule = {
  id: "likely-rename",
  severity: "warning",
  title: "Something is destroyed and made again under another name",
  reason: "In the code it was only given another name.",
  fix: "a moved block keeps it as it is",
  check: (plan) => {
    const made = changesOf(plan).filter((one) => actionOf(one) === "made");
    return changesOf(plan)
      .filter((one) => actionOf(one) === "destroyed" && one.action_reason === "delete_because_no_resource_config")
      .flatMap((gone) => {
        const name = nameIn(gone.change.before);
        const again = made.find(
          ({ type, change }) => type === gone.type && name !== undefined && nameIn(change.after) === name,
        );
        return again ? [{ at: gone.address, message: `${again.address} is made with the name ${name}` }] : [];
      });
  },
};

/** What a resource is called in its cloud. */
export const nameIn = (side: unknown): string | undefined => {
  const name = attribute(side, "name");
  return typeof name === "string" ? name : undefined;
};

const together: PlanRule = {
  id: "servers-together",
  severity: "error",
  title: "Two servers of a cluster are replaced at the same time",
  reason: "Both are away at once: groups of three replicas have no majority until one is back.",
  fix: "let the service of each depend on that of another, one after the other, and wait_for_steady_state be true",
  check: (plan) => {
    const services = changesOf(plan).filter(
      (one) =>
        one.type === "aws_ecs_service" &&
        ["changed", "replaced, with a gap"].includes(actionOf(one) ?? "") &&
        isRolled(one) &&
        isAwayMeanwhile(one),
    );
    const clusters = new Map<string, ResourceJson[]>();
    for (const one of services) {
      const cluster = String(attribute(one.change.before, "cluster"));
      clusters.set(cluster, [...(clusters.get(cluster) ?? []), one]);
    }
    return [...clusters.values()].flatMap((some) => pairsOf(some, plan));
  },
};

/** Every two of a cluster's servers of which neither waits for the other. */
function pairsOf(servers: readonly ResourceJson[], plan: PlanJson): Hit[] {
  const resources = plan.configuration?.root_module?.resources;
  if (servers.length < 2) return [];
  if (!resources) {
    const names = servers.map(({ address }) => address);
    const message = `whether ${names.join(", ")} wait for each other: the configuration is not in the document`;
    return [{ at: names[0] ?? "", message, cannotTell: true }];
  }
  const waits = waitingIn(resources);
  return servers.flatMap((one, i): Hit[] => {
    const others = servers.slice(i + 1).map((other) => ({ other, ways: [waits(one, other), waits(other, one)] }));
    const open = others.filter(({ ways }) => !ways.includes(true));
    const [together, unknown] = [false, true].map((isUnknown) =>
      open.flatMap(({ other, ways }) => (ways.includes(undefined) === isUnknown ? [other.address] : [])),
    ) as [string[], string[]];
    return [
      ...(together.length > 0 ? [{ at: one.address, message: `at the same time as ${together.join(", ")}` }] : []),
      ...unknown.map(
        (name): Hit => ({
          ...{ at: one.address, message: `whether it waits for ${name}, or that one for it`, cannotTell: true },
        }),
      ),
    ];
  });
}

/** A service whose tasks are replaced. */
export const isRolled = ({ change: { before, after, after_unknown } }: ResourceJson) =>
  attribute(after_unknown, "task_definition") === true ||
  attribute(before, "task_definition") !== attribute(after, "task_definition");

/** Servers' tasks end before others start; programs' and services' are whole meanwhile, unless they are made anew. */
const isAwayMeanwhile = (one: ResourceJson) =>
  actionOf(one) !== "changed" || Number(attribute(one.change.after, "deployment_minimum_healthy_percent") ?? 0) < 100;

type Configured = NonNullable<NonNullable<NonNullable<PlanJson["configuration"]>["root_module"]>["resources"]>[number];

/**
 * Whether Terraform does one resource only when another one is done, and its tasks run; undefined: the document does not say.
 * What modules hold is not in the part that is read.
 */
function waitingIn(resources: readonly Configured[]): (one: ResourceJson, other: ResourceJson) => boolean | undefined {
  const direct = new Map(
    resources.map(({ address = "", depends_on = [], expressions = {} }) => [
      address,
      [...depends_on, ...referencesIn(expressions)],
    ]),
  );
  const reached = (address: string) => {
    const seen = new Set<string>();
    const visit = (one: string) => {
      for (const next of direct.get(one) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        visit(next);
      }
    };
    visit(address);
    return seen;
  };
  return (one, other) => {
    const [from, to] = [configured(one.address), configured(other.address)];
    if (!direct.has(from)) return undefined;
    const seen = reached(from);
    if (from === to || !seen.has(to)) return [...seen].some((name) => name.startsWith("module.")) ? undefined : false;
    // Without it Terraform goes on as soon as ECS has taken the order.
    if (attribute(other.change.after_unknown, "wait_for_steady_state") === true) return undefined;
    return attribute(other.change.after, "wait_for_steady_state") === true;
  };
}

/** What expressions name: of `aws_x.a.id` the resource too. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { references } = value as { references?: unknown };
  const own = Array.isArray(references) ? references.filter((one) => typeof one === "string") : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

const protectionOff: PlanRule = {
  id: "resource-protection-removed",
  severity: "error",
  title: "Protection of a resource is switched off",
  reason: "The next apply may delete it.",
  fix: "switch it off in a change of its own, and say what is to be deleted",
  check: (plan) =>
    changesOf(plan).flatMap(({ address, change }) => {
      const { before, after } = change;
      if (!before || !after) return [];
      // What protects says true of one attribute, and false of the other.
      return [...protecting.map((name) => [name, true] as const), ["force_destroy", false] as const].flatMap(
        ([name, safe]): Hit[] => {
          if ((attribute(before, name) === true) !== safe || !Object.hasOwn(before, name)) return [];
          if (isUnknown(change, name))
            return [{ at: address, message: `${name} is known after apply`, cannotTell: true }];
          return (attribute(after, name) === true) === safe ? [] : [{ at: address, message: name }];
        },
      );
    }),
};

const protecting = ["deletion_protection", "enable_deletion_protection", "deletion_protection_enabled"];

const planFailed: PlanRule = {
  id: "plan-not-whole",
  severity: "error",
  title: "The plan failed, cannot be applied, or is not complete",
  reason: "What it does not say is done nevertheless by the next one.",
  fix: "mend what Terraform says, and plan again",
  check: ({ errored, complete }) =>
    errored === true
      ? [{ at: "", message: "Terraform ended with an error" }]
      : complete === false
        ? [{ at: "", message: "Terraform says that it is not complete" }]
        : [],
};

const opened: PlanRule = {
  id: "opened-to-the-world",
  severity: "error",
  title: "A port is opened to every address",
  reason: "Monitoring and routes ask for nobody's name, and what can be reached is tried.",
  fix: "name the networks that need it",
  check: (plan) =>
    changesOf(plan).flatMap((resource) => {
      const { address, type, change } = resource;
      const action = actionOf(resource);
      if (!/^aws_(vpc_)?security_group/.test(type) || /_egress_rule$/.test(type)) return [];
      if (action === undefined || action === "moved" || action === "destroyed") return [];
      // Of a group of which the code names no rule, the provider says after apply that it has none.
      const isOwn = attribute(change.after_unknown, "ingress") === true && isGiven(plan, resource, "ingress") === false;
      const was = doorsOf(change.before, undefined).map(({ port }) => port);
      const unknown = isOwn ? { ...Object(change.after_unknown), ingress: false } : change.after_unknown;
      return doorsOf(change.after, unknown).flatMap(({ port, isKnown }): Hit[] => {
        if (clientPorts.includes(port) || (isKnown && was.includes(port))) return [];
        return isKnown
          ? [{ at: address, message: `${port} for 0.0.0.0/0` }]
          : [{ at: address, message: `for whom ${port} is open is known after apply`, cannotTell: true }];
      });
    }),
};

/** Ports that are meant for everybody, where the environment says so. */
const clientPorts = ["port 443", "port 4222", "port 7422"];

/** A port that somebody may dial from everywhere, or from where nobody knows yet. */
interface WorldDoor {
  port: string;
  isKnown: boolean;
}

const sources = ["cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks"];

/** Of a rule by itself, or of the rules in a group. */
function doorsOf(side: unknown, unknown: unknown): WorldDoor[] {
  if (unknown === true) return [{ port: "any port", isKnown: false }];
  const [rules, unknownRules] = [attribute(side, "ingress"), attribute(unknown, "ingress")];
  return [
    ...doorOf(side, unknown),
    ...(unknownRules === true ? [{ port: "any port", isKnown: false }] : []),
    ...(Array.isArray(rules)
      ? rules.flatMap((rule, i) => doorOf(rule, Array.isArray(unknownRules) ? unknownRules[i] : undefined))
      : []),
  ];
}

function doorOf(rule: unknown, unknown: unknown): WorldDoor[] {
  if (attribute(rule, "type") === "egress") return [];
  const change = { after_unknown: unknown };
  const isOpen = sources.flatMap((name) => attribute(rule, name)).some((one) => one === "0.0.0.0/0" || one === "::/0");
  const isOpenUnknown = !isOpen && sources.some((name) => isUnknown(change, name));
  if (!isOpen && !isOpenUnknown) return [];
  if (["from_port", "to_port"].some((name) => isUnknown(change, name))) return [{ port: "any port", isKnown: false }];
  const [low, high] = [attribute(rule, "from_port"), attribute(rule, "to_port")];
  const protocol = attribute(rule, "protocol") ?? attribute(rule, "ip_protocol");
  const isAll = low === undefined || low === null || String(protocol) === "-1";
  const port = isAll ? "every port" : low === high ? `port ${String(low)}` : `ports ${String(low)}-${String(high)}`;
  return [{ port, isKnown: isOpen }];
}

/** Rules over a plan, in the order in which reports show them. */
export const planRules: readonly PlanRule[] = [
  planFailed,
  dataDestroyed,
  serviceGone,
  abandoned,
  together,
  importChanged,
  protectionOff,
  opened,
  likelyRename,
  unknownAction,
];
