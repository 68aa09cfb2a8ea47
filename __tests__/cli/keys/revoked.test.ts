import { type Account, decode } from "@nats-io/jwt";
import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import { Environment, type EnvironmentInput, type Trust } from "../../../model/config";
import { buildTopology, trustOf } from "../../../model/topology";
import { joinedEnvironment, joinedLeaf } from "../../support/joined-environment";

const topologyWith = (more: EnvironmentInput["clusters"], foreignLeafs = {}) => {
  const hub = {
    platform: { kind: "kubernetes", flavor: "gke" },
    leafHub: true,
    leafAddress: "leaf.example.com",
    foreignLeafs,
  } satisfies EnvironmentInput["clusters"][string];
  const input = joinedEnvironment({ hub, ...more });
  return buildTopology(Environment.parse({ ...input, identity: { ...input.identity, mode: "operator" } }));
};
const refusedBy = (trust: Trust, cluster: string, account: string): string[] => {
  const { jwt = "" } = trustOf(trust, cluster).accounts[account] ?? {};
  return Object.keys(decode<Account>(jwt).nats.revocations ?? {});
};

test("an operator's servers refuse the users of other clusters, and of a cluster or leaf that is gone until it is back", async () => {
  const store = new MemoryStore();
  const edge = { edge: joinedLeaf("edge", "eu-west-1") };
  const both = await makeKeys(topologyWith(edge, { branch: {} }), store);
  const { users, clusters = {} } = both.trust;
  const theirs = Object.values(clusters.edge?.users ?? {});
  const links = [users["leaf-edge-APP"], users["leaf-branch-APP"]];
  for (const account of ["SYS", "AUTH", "APP"]) {
    expect(refusedBy(both.trust, "hub", account).sort()).toEqual([...theirs].sort());
    const own = ["sys", "observer", "responder", "renewal", "streams-APP"].map((name) => users[name]);
    expect(refusedBy(both.trust, "edge", account).sort()).toEqual([...own, ...links].sort());
  }

  const alone = await makeKeys(topologyWith({}), store, both.trust);
  expect(alone.trust.clusters).toBeUndefined();
  expect(refusedBy(alone.trust, "hub", "APP").sort()).toEqual([...theirs, ...links].sort());

  const back = await makeKeys(topologyWith(edge, { branch: {} }), store, alone.trust);
  expect(back).toMatchObject({ created: [], trust: { revoked: undefined } });
  expect(refusedBy(back.trust, "hub", "APP").sort()).toEqual([...theirs].sort());
});
