import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { Environment, type EnvironmentInput } from "../../model/config";
import { buildTopology, streamAccounts, type Topology } from "../../model/topology";
import { AuthRules } from "../../runtime/auth-callout/env";
import { StreamSpec } from "../../runtime/streams/spec";
import { toAuthRules } from "../../templates/callout-rules";
import { toMermaid } from "../../templates/diagram";
import { toStreamSpecs } from "../../templates/stream-specs";
import { platforms, richEnvironment } from "../support/same-server";

const topologyOf = (mode: "callout" | "operator", change: Partial<EnvironmentInput> = {}): Topology =>
  buildTopology(Environment.parse({ ...richEnvironment(mode, platforms.hosts), ...change }));

describe("what the auth callout is told", () => {
  test.each(["callout", "operator"] as const)("is accepted by the callout itself, in %s mode", async (mode) => {
    const topology = topologyOf(mode);
    const { trust } = await makeKeys(topology, new MemoryStore());
    const rules = AuthRules.parse(toAuthRules(topology, trust));
    expect(Object.keys(rules.accounts)).toEqual(["APP", "OTHER"]);
    expect(Object.values(rules.services)).toMatchObject([{ name: "api", account: "APP" }]);
    expect(Object.keys(rules.services)).toEqual([trust.users["service-api"]]);
  });

  test("everybody may ask who they are, and SYS and AUTH are out of reach", async () => {
    const topology = topologyOf("callout");
    const { trust } = await makeKeys(topology, new MemoryStore());
    const rules = toAuthRules(topology, trust);
    const grants = [...rules.permissions, ...Object.values(rules.services)];
    for (const { publish, account } of grants) {
      expect(publish.allow).toContain("$SYS.REQ.USER.INFO");
      expect(["SYS", "AUTH"]).not.toContain(account);
    }
    expect(Object.keys(rules.accounts)).not.toEqual(expect.arrayContaining(["SYS"]));
  });

  test("in operator mode an account is its key, signed for by a signing key", async () => {
    const topology = topologyOf("operator");
    const { trust } = await makeKeys(topology, new MemoryStore());
    expect(toAuthRules(topology, trust).accounts.APP).toEqual({
      id: trust.accounts.APP?.publicKey,
      signer: trust.accounts.APP?.signingKey,
      // On these another account imports its services.
      asked: ["ask.*.>"],
    });
    expect(toAuthRules(topology, trust).accounts.OTHER).not.toHaveProperty("asked");
  });

  test("a service without a key is named", async () => {
    const topology = topologyOf("callout");
    const { trust } = await makeKeys(topology, new MemoryStore());
    expect(() => toAuthRules(topology, { ...trust, users: {} })).toThrow(/no service api/);
  });
});

describe("what the streams program is told", () => {
  const streams: EnvironmentInput["streams"] = [
    {
      name: "A",
      cluster: "core",
      subjects: ["a.>"],
      maxAge: "1m",
      maxBytes: "1MiB",
      consumers: [{ name: "c", maxDeliver: -1, maxAckPending: -1, ackWait: "5s" }],
    },
    { name: "B", cluster: "hub", subjects: ["b"], replicas: 1 },
  ];

  test("is accepted by the streams program itself", () => {
    const topology = topologyOf("callout", { streams });
    for (const { name } of topology.clusters) {
      for (const spec of toStreamSpecs(topology, name, "APP")) expect(StreamSpec.parse(spec)).toEqual(spec);
    }
  });

  test("no limit is 0 there, and a duplicate window is never longer than messages live", () => {
    const [spec] = toStreamSpecs(topologyOf("callout", { streams }), "core", "APP");
    expect(spec).toMatchObject({ maxAgeMs: 60_000, duplicateWindowMs: 60_000, maxMessages: 0, maxBytes: 2 ** 20 });
    expect(spec?.consumers[0]).toMatchObject({ maxDeliver: 0, maxAckPending: 0, ackWaitMs: 5000 });
  });

  test("streams go to their own cluster and account", () => {
    const topology = topologyOf("callout", { streams });
    expect(toStreamSpecs(topology, "hub", "APP").map(({ name }) => name)).toEqual(["B"]);
    expect(toStreamSpecs(topology, "hub", "OTHER")).toEqual([]);
    expect(streamAccounts(topology, "core")).toEqual(["APP"]);
  });
});

test("the picture shows every server, stream and link", () => {
  const topology = topologyOf("callout");
  const picture = toMermaid(topology);
  expect(picture).toMatch(/^flowchart LR\n/);
  for (const { servers } of topology.clusters) for (const { name } of servers) expect(picture).toContain(`["${name}"]`);
  for (const { name } of topology.streams) expect(picture).toContain(`${name} R`);
  expect(picture).toContain("leaf node, APP");
});
