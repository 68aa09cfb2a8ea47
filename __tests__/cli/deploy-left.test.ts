import { accountOf } from "../../cli/deploy/aws/account";
import { namespaceIn } from "../../cli/deploy/kubernetes/other-cluster";
import { judgeState, type Left, lossName } from "../../cli/deploy/states/left";
import { protectionsOf } from "../../cli/deploy/states/protections";
import { removalOrder } from "../../cli/deploy/states/removal-order";
import { parseState, type StackState } from "../../cli/deploy/states/state";
import demo from "../../environments/demo";
import { parseEnvironment } from "../../model/config";
import {
  buildTopology,
  type ClusterTopology,
  clusterTopology,
  deployedNote,
  noteOutput,
  type PlannedStack,
  recordNames,
  stackPlan,
  stackRecord,
  type Topology,
} from "../../model/topology";
import { mixedEnvironment } from "../support/mixed-environment";

const topologyOf = (input: unknown): Topology => {
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(JSON.stringify(problems));
  return buildTopology(environment);
};
const topology = topologyOf(demo);

/** A state as Terraform stores it. */
function stateText(resources: { type: string; name: string; provider?: string; attributes: object }[]): string {
  return JSON.stringify({
    version: 4,
    resources: resources.map(({ provider = "aws", attributes, ...resource }) => ({
      mode: "managed",
      ...resource,
      provider:
        provider === "terraform"
          ? `provider["terraform.io/builtin/terraform"]`
          : `provider["registry.terraform.io/hashicorp/${provider}"]`,
      instances: [{ attributes }],
    })),
  });
}
const note = (name: string, value: unknown) => ({
  type: "terraform_data",
  name,
  provider: "terraform",
  attributes: { input: { value: JSON.stringify(value), type: "string" } },
});
const group = (tags = {}) => ({
  type: "aws_cloudwatch_log_group",
  name: "log",
  attributes: { arn: "arn:aws:logs:eu-west-1:1:log-group:x", tags_all: tags },
});

/** The state of a stack of an environment that has been applied. */
function applied(from: Topology, id: string, more: object[] = [group()]): StackState {
  const stack = stackPlan(from).find((one) => one.id === id) as PlannedStack;
  const notes = [note(recordNames.stack, stackRecord(from, stack, true))];
  if (stack.layer === "nats" || stack.layer === "core")
    notes.push(note(recordNames.topology, clusterTopology(from, stack.cluster)));
  return parseState(id, stateText([...notes, ...(more as ReturnType<typeof group>[])]));
}

test("what servers were made from is read from the output, and not from a resource of before", () => {
  const older = note(recordNames.topology, clusterTopology(topology, "core"));
  const now = { ...topology, nats: { ...topology.nats, maxPayloadBytes: 1 } };
  const value = deployedNote({ topology: clusterTopology(now, "core") });
  const text = JSON.stringify({
    ...JSON.parse(stateText([older])),
    outputs: { [noteOutput]: { value, sensitive: true } },
  });
  expect(parseState("demo-core-nats", text).topology?.nats.maxPayloadBytes).toBe(1);
});

test("a state gives back what was noted in it, and its own resources alone", () => {
  const state = applied(topology, "demo-core-nats");
  expect(state.record).toEqual({
    environment: "demo",
    stack: stackPlan(topology).find(({ id }) => id === "demo-core-nats"),
    protected: true,
  });
  expect(state.topology).toEqual(clusterTopology(topology, "core"));
  expect(state.resources.map(({ type, provider }) => [type, provider])).toEqual([["aws_cloudwatch_log_group", "aws"]]);
  expect(parseState("empty", "")).toMatchObject({ resources: [], record: undefined });
});

test("a stack that is taken out left the environment, whatever family it is of", () => {
  const mixed = topologyOf(mixedEnvironment());
  for (const stack of stackPlan(mixed)) {
    const without = { ...mixed, clusters: mixed.clusters.filter(({ name }) => name !== stack.cluster) };
    const state = applied(mixed, stack.id);
    const found = judgeState(without, state, []);
    expect([stack.id, found]).toEqual([stack.id, expect.objectContaining({ record: state.record, state })]);
  }
});

test("a state of another environment is nobody's business, also where its name begins alike", () => {
  const eu = topologyOf({ ...demo, name: "demo-eu" });
  expect(judgeState(topology, applied(eu, "demo-eu-core-nats"), [])).toEqual({ foreign: true });
});

test("an empty state is what is left of one that was removed", () => {
  expect(judgeState(topology, parseState("demo-edge-nats", stateText([])), [])).toEqual({ foreign: true });
});

test("without a record, the tag of its resources says whose it is, and otherwise its name alone where no other has it", () => {
  const old = (id: string, tags = {}) => parseState(id, stateText([group(tags)]));
  const tag = (environment: string) => ({ "natsform:environment": environment });
  expect(judgeState(topology, old("demo-edge-programs", tag("demo")), ["demo-edge"])).toMatchObject({
    record: { stack: { family: "aws", layer: "programs", region: "eu-west-1", cluster: "edge" } },
  });
  expect(judgeState(topology, old("demo-eu-west-3-foundation"), [])).toMatchObject({
    record: { stack: { layer: "foundation", region: "eu-west-3" } },
  });
  expect(judgeState(topology, old("demo-edge-programs", tag("demo-edge")), [])).toEqual({ foreign: true });
  expect(judgeState(topology, old("demo-edge-programs"), ["demo-edge"])).toEqual({
    unclear: "it may be a state of demo or of demo-edge",
  });
  expect(judgeState(topology, old("demo-something"), [])).toEqual({ foreign: true });
});

test("without a record, a stack on Kubernetes is known where its cluster is still there", () => {
  const kubernetes = topologyOf(mixedEnvironment());
  const cluster = kubernetes.clusters.find(({ platform }) => platform.kind === "kubernetes") as ClusterTopology;
  const { environment } = kubernetes;
  const found = judgeState(kubernetes, parseState(`${environment}-${cluster.name}-backup`, stateText([group()])), []);
  expect(found).toMatchObject({ record: { stack: { layer: "backup", cluster: cluster.name }, platform: {} } });
  expect((found as Left).loses).toBeUndefined();
  const gone = judgeState(kubernetes, parseState(`${environment}-gone-backup`, stateText([group()])), []);
  expect(gone).toEqual({ unclear: expect.stringMatching(/put gone back, deploy, and take it out again/) });
});

test("servers that are taken out are a loss, with their streams; what can be made again is none", () => {
  const none = { ...topology, clusters: [] };
  const found = judgeState(none, applied(topology, "demo-core-nats"), []) as Left;
  expect(found.loses).toBe("the servers of core, with the streams that they store (ORDERS, NEWS)");
  expect(lossName(found)).toBe("core");
  expect((judgeState(none, applied(topology, "demo-core-programs"), []) as Left).loses).toBeUndefined();
  const disk = { type: "aws_efs_file_system", name: "data", attributes: {} };
  const foundation = judgeState(none, applied(topology, "demo-eu-west-1-foundation", [disk]), []) as Left;
  expect([foundation.loses, lossName(foundation)]).toEqual([
    "what is in aws_efs_file_system.data",
    "demo-eu-west-1-foundation",
  ]);
});

test("each stack is removed before those that it came after or looked up", () => {
  for (const input of [demo, mixedEnvironment()]) {
    const plan = stackPlan(topologyOf(input));
    const order = removalOrder([...plan].sort((a, b) => a.id.localeCompare(b.id)));
    expect([...order].sort()).toEqual(plan.map(({ id }) => id).sort());
    for (const { id, after, reads } of plan)
      for (const need of [...after, ...reads])
        expect([id, need, order.indexOf(id) < order.indexOf(need)]).toEqual([id, need, true]);
  }
});

describe("what a state still protects", () => {
  const kept = (type: string, attributes: object, record?: object) =>
    protectionsOf({ ...parseState("one", stateText([{ type, name: "x", attributes }])), record } as StackState);

  test.each([
    ["aws_secretsmanager_secret", { recovery_window_in_days: 30 }, { recovery_window_in_days: 0 }],
    ["aws_s3_bucket", { force_destroy: false }, { force_destroy: true }],
    ["aws_ecr_repository", { force_delete: null }, { force_delete: true }],
    ["aws_route53_zone", { force_destroy: false }, { force_destroy: true }],
    ["aws_dynamodb_table", { deletion_protection_enabled: true }, { deletion_protection_enabled: false }],
  ])("%s, by its own setting", (type, held, free) => {
    expect(kept(type, held)).toEqual([expect.stringContaining(`${type}.x: `)]);
    expect(kept(type, free)).toEqual([]);
  });

  test("a namespace and mounts of Vault, by what was deployed: no state has `prevent_destroy`", () => {
    for (const type of ["kubernetes_namespace_v1", "vault_mount"]) {
      expect(kept(type, {}, { protected: true })).toEqual(["it was deployed with deletionProtection: true"]);
      expect(kept(type, {}, { protected: false })).toEqual([]);
    }
    expect(kept("kubernetes_cron_job_v1", {}, { protected: true })).toEqual([]);
  });
});

describe("where a state's resources are", () => {
  const state = (...resources: { type: string; attributes: object; provider?: string }[]) =>
    parseState("x", stateText(resources.map((one) => ({ name: "one", ...one }))));

  test("is the account of their ARNs; those of AWS's own are nobody's", () => {
    const key = { type: "aws_kms_key", attributes: { arn: "arn:aws:kms:eu-west-1:123456789012:key/x" } };
    const bucket = { type: "aws_s3_bucket", attributes: { arn: "arn:aws:s3:::bucket" } };
    const policy = { type: "aws_iam_policy", attributes: { arn: "arn:aws:iam::aws:policy/X" } };
    expect(accountOf(state(bucket, policy, key))).toBe("123456789012");
    const role = { type: "aws_iam_role", attributes: { arn: "arn:aws-cn:iam::210987654321:role/x" } };
    expect(accountOf(state(role))).toBe("210987654321");
    expect([accountOf(state(bucket, policy)), accountOf(parseState("x", ""))]).toEqual([undefined, undefined]);
  });

  test.each(["kubernetes_namespace", "kubernetes_namespace_v1"])("is the cluster with the id of its %s", (type) => {
    const attributes = { metadata: [{ name: "messages", uid: "0a1b", labels: {} }] };
    expect(namespaceIn(state({ type, attributes, provider: "kubernetes" }))).toEqual({ name: "messages", uid: "0a1b" });
    expect(namespaceIn(parseState("x", ""))).toBeUndefined();
  });
});
