import { silentHost } from "../../cli/core/host";
import { commandHost } from "../../cli/core/hosts";
import { agreeOnChange } from "../../cli/deploy/change";
import { agreeOnLeft } from "../../cli/deploy/remove-left";
import type { Left } from "../../cli/deploy/states/left";
import type { StackState } from "../../cli/deploy/states/state";
import type { Allowed, DeployTarget } from "../../cli/deploy/target";
import { lockIn } from "../../cli/deploy/terraform-messages";
import { makeKeys } from "../../cli/keys/make";
import { rotateKeys } from "../../cli/keys/rotate";
import { MemoryStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import {
  buildTopology,
  clusterTopology,
  isOnKubernetes,
  type KubernetesCluster,
  type PlannedStack,
  stackPlan,
  stackRecord,
  type Topology,
} from "../../model/topology";
import { changeOf, deployedTopologies } from "../../templates/change";
import { mixedEnvironment } from "../support/mixed-environment";

const input = mixedEnvironment();
function topologyOf(change: (input: EnvironmentInput) => void = () => undefined): Topology {
  const changed = structuredClone(input);
  change(changed);
  const { environment, problems } = parseEnvironment(changed);
  if (!environment) throw new Error(JSON.stringify(problems));
  return buildTopology(environment);
}
const topology = topologyOf();
const deployable = [...new Set(stackPlan(topology).flatMap(({ cluster }) => cluster ?? []))];
/** States of servers that were made from a topology, each of one cluster. */
const states = (from: Topology, names: readonly string[] = deployable): StackState[] =>
  names.map((name) => ({ id: `${name}-servers`, resources: [], topology: clusterTopology(from, name) }));
const target = (allowed: Allowed = {}, emulator?: object) =>
  ({ allowed, emulator, topology }) as unknown as DeployTarget;

test("the states of all clusters give back the topology that was deployed", () => {
  const [deployed, ...more] = deployedTopologies(states(topology));
  expect(more).toEqual([]);
  expect(deployed?.topology.clusters.map(({ name }) => name).sort()).toEqual([...deployable].sort());
  const { servers, ...rest } = changeOf(states(topology), topology, deployable);
  expect(servers.filter(({ effect }) => effect !== "nothing")).toEqual([]);
  for (const [key, value] of Object.entries(rest)) if (key !== "environment") expect([key, value]).toEqual([key, []]);
});

test("keys that were rotated since then are part of the change, for each cluster and its users", async () => {
  const store = new MemoryStore();
  const { trust } = await makeKeys(topology, store);
  await rotateKeys(topology, store, trust);
  const rotated = (await makeKeys(topology, store, trust)).trust;
  const before = states(topology).map((state) => ({ ...state, trust }));
  const same = changeOf(before, topology, deployable, { trust });
  expect(same.servers.filter(({ effect }) => effect !== "nothing")).toEqual([]);
  const change = changeOf(before, topology, deployable, { trust: rotated });
  expect([...new Set(change.servers.map(({ effect }) => effect))]).toEqual(["restart"]);
  for (const name of deployable) {
    const own = change.others.flatMap(({ at }) => (at.startsWith(`trust.${name}.`) ? [at.split(".")[2]] : []));
    expect([name, [...new Set(own)]]).toEqual([name, ["xkey", "accounts", "users", "responders"]]);
  }
});

test("a cluster that is new starts, and one that was deployed with something else is compared with that", () => {
  const older = topologyOf((changed) => {
    changed.nats = { ...changed.nats, maxPayload: "2MiB" };
  });
  const [first = "", second = "", ...others] = deployable;
  const mixed = [...states(topology, [first]), ...states(older, [second])];
  const effects = (name: string) => [
    ...new Set(
      changeOf(mixed, topology, deployable)
        .servers.filter(({ cluster }) => cluster === name)
        .map(({ effect }) => effect),
    ),
  ];
  expect(effects(first)).toEqual(["nothing"]);
  expect(effects(second)).toEqual(["reload"]);
  for (const other of others) expect(effects(other)).toEqual(["start"]);
});

test("what no single step leads to is refused, on an emulated AWS too, and no permission helps", async () => {
  const [name = ""] = deployable;
  const renamed = topologyOf((changed) => {
    Object.assign(changed.clusters[name] ?? {}, { natsName: "another" });
  });
  const change = changeOf(states(topology), renamed, deployable);
  for (const own of [target({ dataLoss: [name] }), target({}, {})])
    await expect(agreeOnChange(own, change, silentHost(true))).rejects.toThrow(
      new RegExp(`nothing was touched:\\n  clusters\\.${name}\\.natsName: `),
    );
});

test("a loss is allowed by its name or by an answer to the question about it, and by nothing else", async () => {
  const change = {
    ...changeOf(states(topology), topology, deployable),
    losses: [{ name: "ORDERS", at: "streams[0]", what: "its oldest messages" }],
  };
  const asked: unknown[] = [];
  const host = (answer: boolean) => ({
    report: () => undefined,
    confirm: async (...question: unknown[]) => asked.push(question) > 0 && answer,
  });
  await agreeOnChange(target({ dataLoss: ["ORDERS"] }), change, host(false));
  expect(asked).toEqual([]);
  await agreeOnChange(target(), change, host(true));
  expect(asked).toEqual([[expect.stringContaining("ORDERS: its oldest messages (streams[0])"), "loss"]]);
  const refused = await agreeOnChange(target({ dataLoss: ["NEWS"] }), change, host(false)).catch(
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({
    message: expect.stringContaining("nothing was touched"),
    fix: "--allow-data-loss ORDERS",
  });
});

test("what is confirmed beforehand is every change, and no loss", async () => {
  for (const json of [true, false]) {
    expect(await commandHost({ json, yes: true }).confirm("Apply?")).toBe(true);
    expect(await commandHost({ json, yes: true }).confirm("Lose it?", "loss")).toBe(false);
  }
});

describe("what is no longer in the environment", () => {
  const cluster = topology.clusters.find(({ name }) => deployable.includes(name))?.name ?? "";
  const stack = stackPlan(topology).find((one) => one.cluster === cluster) as PlannedStack;
  const left = (loses?: string, resources: StackState["resources"] = []): Left => ({
    record: stackRecord(topology, stack, false),
    state: { id: stack.id, resources },
    ...(loses && { loses }),
  });
  const yes = commandHost({ json: true, yes: true });

  test("is removed when changes are confirmed, unless it takes something with it that nothing brings back", async () => {
    await agreeOnLeft(target(), [left()], yes);
    await expect(agreeOnLeft(target(), [left()], silentHost(false))).rejects.toThrow("not confirmed");
    const refused = await agreeOnLeft(target(), [left("its streams")], yes).catch((error: unknown) => error);
    expect(refused).toMatchObject({ fix: `put it back, or --allow-data-loss ${cluster}` });
    await agreeOnLeft(target({ dataLoss: [cluster] }), [left("its streams")], yes);
  });

  test("is kept while a cluster that stays is in its namespace, whoever allows what", async () => {
    const other = topology.clusters.find(isOnKubernetes) as KubernetesCluster;
    const pki = stackPlan(topology).find(
      ({ cluster, layer }) => cluster === other.name && layer === "pki",
    ) as PlannedStack;
    const gone = (name: string): Left => ({
      record: stackRecord(topology, { ...pki, id: "gone-pki" }, false),
      state: {
        id: "gone-pki",
        resources: [
          { type: "kubernetes_namespace_v1", name: "x", provider: "kubernetes", attributes: { metadata: [{ name }] } },
        ],
      },
    });
    const own = (name: string) => agreeOnLeft(target({ dataLoss: [other.name] }), [gone(name)], yes);
    await own("another");
    await expect(own(other.platform.namespace)).rejects.toThrow(`is that of ${other.name} as well`);
  });

  test("is kept while it is protected, whoever allows what", async () => {
    const secret = {
      type: "aws_secretsmanager_secret",
      name: "x",
      provider: "aws",
      attributes: { recovery_window_in_days: 30 },
    };
    const own = agreeOnLeft(target({ dataLoss: [cluster] }), [left("its streams", [secret])], yes);
    await expect(own).rejects.toThrow(
      /still protected from deletion; nothing was touched:\n.*would stay taken for 30 days/,
    );
  });
});

test("a lock says whose it is, as Terraform prints it with and without a frame", () => {
  const text = [
    "│ Error: Error acquiring the state lock",
    "│ Lock Info:",
    "│   ID:        5d2e-1",
    "│   Path:      states/a.tfstate",
    "│   Operation: OperationTypeApply",
    "│   Who:       ci@runner-7",
    "│   Version:   1.11.4",
    "│   Created:   2026-11-30 02:00:00.1 +0000 UTC",
  ];
  const lock = { id: "5d2e-1", who: "ci@runner-7", operation: "apply", created: "2026-11-30 02:00:00.1 +0000 UTC" };
  expect(lockIn(text.join("\n"))).toEqual(lock);
  expect(lockIn(text.map((line) => line.replace(/^│ ?/, "")).join("\n"))).toEqual(lock);
  expect(lockIn("Error: something else\n  ID: 1")).toBeUndefined();
});
