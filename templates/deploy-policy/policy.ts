import { actionsIn, dataActions, resourceActions } from "./actions";
import { isGlobal, type PolicyPlace, partitionIn, scopeOf, serviceOf } from "./scopes";

/** The parts of a synthesized stack that say what it asks AWS for. */
export interface EmittedStack {
  resource?: Readonly<Record<string, unknown>>;
  data?: Readonly<Record<string, unknown>>;
}

export interface PolicyStatement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string[]>>;
}

export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** Who plans has `plan`; who applies has both. Each is as many documents as IAM's limit makes of it. */
export interface DeployPolicy {
  plan: PolicyDocument[];
  apply: PolicyDocument[];
  /** Types on AWS that nobody has written down: their actions are in none. */
  unknown: string[];
}

/** Bucket of the states; absent where they lie elsewhere. */
export interface PolicyStates {
  bucket: string;
  prefix: string;
}

type StatesPlace = PolicyStates & { partition: string };

/** Characters without spaces that a managed policy of IAM may have. */
export const longestPolicy = 6144;

/** What natsform asks for itself, beside Terraform: what runs, before a plan and after an apply. */
const own = {
  plan: "ecs:DescribeClusters DescribeServices ListTasks DescribeTasks DescribeTaskDefinition ec2:DescribeNetworkInterfaces route53:ListHostedZonesByName ListResourceRecordSets events:ListRules ListTargetsByRule",
  apply:
    "ecs:RunTask UpdateService iam:PassRole secretsmanager:GetSecretValue PutSecretValue ecr:GetAuthorizationToken BatchCheckLayerAvailability BatchGetImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage",
};

/** With the environment's key: what is encrypted is read with it, and made in the name of whoever makes it. */
const withKey = { plan: "kms:Decrypt", apply: "kms:Encrypt GenerateDataKey CreateGrant" };

/** Services that are handed roles of the environment. */
const handed = ["ecs-tasks", "events", "lambda", "vpc-flow-logs"];

/** Services that make their own role in an account when they are first used there. */
const linked = ["ecs", "ecs.application-autoscaling", "elasticloadbalancing"];

/**
 * Two policies of IAM for whoever deploys an environment: what reading asks for, and what changing asks for beside it.
 * Allowed are the environment's own names where IAM knows names, and everything of its regions where it does not.
 */
export function deployPolicy(
  stacks: readonly EmittedStack[],
  place: PolicyPlace,
  states: PolicyStates | undefined,
): DeployPolicy {
  const types = typesIn(stacks, "resource");
  const found = typesIn(stacks, "data");
  const partition = partitionIn(place);
  const hasKey = types.includes("aws_kms_key");
  const plan = actionsOf([
    own.plan,
    ...types.map((type) => resourceActions[type]?.plan ?? ""),
    ...found.map((type) => dataActions[type] ?? ""),
    hasKey ? withKey.plan : "",
  ]);
  const apply = actionsOf([
    own.apply,
    ...types.map((type) => resourceActions[type]?.apply ?? ""),
    hasKey ? withKey.apply : "",
  ]).filter((action) => !plan.includes(action));
  return {
    plan: divided(statementsOf(plan, place, states ? statesToRead({ ...states, partition }) : [])),
    apply: divided(statementsOf(apply, place, states ? statesToWrite({ ...states, partition }) : [])),
    unknown: [
      ...types.filter((type) => !Object.hasOwn(resourceActions, type)),
      ...found.filter((type) => !Object.hasOwn(dataActions, type)).map((type) => `data.${type}`),
    ],
  };
}

const typesIn = (stacks: readonly EmittedStack[], part: "resource" | "data"): string[] =>
  [...new Set(stacks.flatMap((stack) => Object.keys(stack[part] ?? {})))].filter((type) => /^aws_/.test(type)).sort();

const actionsOf = (texts: readonly string[]): string[] => [...new Set(texts.flatMap(actionsIn))].sort();

/** Documents that IAM takes, with as many statements in each as have room. */
function divided(statements: readonly PolicyStatement[]): PolicyDocument[] {
  const documents: PolicyDocument[] = [];
  for (const statement of statements) {
    const last = documents.at(-1);
    const longer: PolicyDocument = { Version: "2012-10-17", Statement: [...(last?.Statement ?? []), statement] };
    if (last && JSON.stringify(longer).length <= longestPolicy) documents[documents.length - 1] = longer;
    else documents.push({ Version: "2012-10-17", Statement: [statement] });
  }
  return documents;
}

function statementsOf(
  actions: readonly string[],
  place: PolicyPlace,
  states: readonly PolicyStatement[],
): PolicyStatement[] {
  const groups = new Map<string, { resources: string[]; actions: string[] }>();
  for (const action of actions) {
    if (byRole.has(action)) continue;
    const resources = scopeOf(action, place);
    const service = serviceOf(action);
    const key = resources ? service : isGlobal(service) ? "global" : "regional";
    const group = groups.get(key) ?? { resources: resources ?? ["*"], actions: [] };
    group.actions.push(action);
    groups.set(key, group);
  }
  const inRegions = { StringEquals: { "aws:RequestedRegion": [...place.regions] } };
  return [
    ...[...groups].map(([key, { resources, actions }]) =>
      allow(key, actions, resources, key === "regional" ? inRegions : undefined),
    ),
    ...(actions.includes("iam:PassRole") ? [passRole(place)] : []),
    ...(actions.includes("iam:CreateServiceLinkedRole") ? [linkedRoles] : []),
    ...states,
  ];
}

/** Actions that a condition of their own narrows. */
const byRole: ReadonlySet<string> = new Set(["iam:PassRole", "iam:CreateServiceLinkedRole"]);

function allow(
  name: string,
  actions: readonly string[],
  resources: readonly string[],
  condition?: PolicyStatement["Condition"],
): PolicyStatement {
  return {
    Sid: `${name[0]?.toUpperCase()}${name.slice(1)}`,
    Effect: "Allow",
    Action: [...actions],
    Resource: [...resources],
    ...(condition && { Condition: condition }),
  };
}

/** Whoever hands a role to a service has what the role may: only those of the environment, and only to these services. */
const passRole = (place: PolicyPlace): PolicyStatement =>
  allow("passRole", ["iam:PassRole"], scopeOf("iam:PassRole", place) ?? [], {
    StringEquals: { "iam:PassedToService": handed.map((service) => `${service}.amazonaws.com`) },
  });

const linkedRoles: PolicyStatement = allow("linkedRoles", ["iam:CreateServiceLinkedRole"], ["*"], {
  StringEquals: { "iam:AWSServiceName": linked.map((service) => `${service}.amazonaws.com`) },
});

/** A plan holds the lock of the state that it reads: an object beside it. */
const statesToRead = ({ bucket, prefix, partition }: StatesPlace): PolicyStatement[] => [
  allow("statesBucket", ["s3:ListBucket"], [`arn:${partition}:s3:::${bucket}`]),
  allow("statesRead", ["s3:GetObject"], [`arn:${partition}:s3:::${bucket}/${prefix}/*`]),
  allow("stateLocks", ["s3:DeleteObject", "s3:PutObject"], [`arn:${partition}:s3:::${bucket}/${prefix}/*.tflock`]),
];

const statesToWrite = ({ bucket, prefix, partition }: StatesPlace): PolicyStatement[] => [
  allow("statesWrite", ["s3:PutObject"], [`arn:${partition}:s3:::${bucket}/${prefix}/*`]),
];
