import { X509Certificate } from "node:crypto";
import { decode, type User } from "@nats-io/jwt";
import { storedUserJwt } from "../../cli/keys/creds";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import type { Trust } from "../../model/config";
import { buildTopology, clusterOf, type ServerTopology } from "../../model/topology";
import { AuthRules } from "../../runtime/auth-callout/rules";
import { createAuthority } from "../../runtime/x509/authority";
import { toAuthRules } from "../../templates/callout-rules";
import { platformSite, toNatsConf } from "../../templates/nats-conf";
import { changed, parsed } from "../support/lint-environment";

/** The hub core with a partner whose login is good with its own certificate alone, and one of which any is good. */
const topologyIn = (mode: "callout" | "operator") =>
  buildTopology(
    parsed(
      changed({
        "identity.mode": mode,
        "clusters.core.foreignLeafs": {
          partner: { accounts: ["APP"], certificate: "own" },
          loose: { accounts: ["APP"] },
        },
      }),
    ),
  );
const made = async (mode: "callout" | "operator") => {
  const topology = topologyIn(mode);
  const store = new MemoryStore();
  return { topology, store, ...(await makeKeys(topology, store)) };
};

describe("in callout mode", () => {
  test("servers do not know the login, and responders of its hub alone do", async () => {
    const { topology, trust } = await made("callout");
    const hub = clusterOf(topology, "core");
    const server = hub.servers[0] as ServerTopology;
    const conf = toNatsConf({ topology, cluster: hub, server, trust, site: platformSite(topology, hub) });
    const key = (leaf: string) => trust.users[`leaf-${leaf}-APP`] ?? "none";
    expect([conf.includes(key("partner")), conf.includes(key("loose"))]).toEqual([false, true]);
    const { leafs } = AuthRules.parse(toAuthRules(topology, trust, hub));
    expect(Object.keys(leafs ?? {})).toEqual([key("partner")]);
    expect(leafs?.[key("partner")]).toMatchObject({ account: "APP", certificate: { name: "partner" } });
    expect(toAuthRules(topology, trust, clusterOf(topology, "edge")).leafs).toBeUndefined();
  });

  test("its link has the rights that servers would give it", async () => {
    const { topology, trust } = await made("callout");
    const [leaf] = Object.values(toAuthRules(topology, trust).leafs ?? {});
    const user = topology.identity.users.find(({ name }) => name === "leaf-partner-APP");
    expect({ publish: leaf?.publish, subscribe: leaf?.subscribe }).toEqual(user?.permissions);
  });

  test("the key before a rotation stays good until that is finished", async () => {
    const { topology, trust } = await made("callout");
    const before = { ...trust, previous: { "user-leaf-partner-APP": "U-before" } };
    expect(Object.keys(toAuthRules(topology, before).leafs ?? {})).toEqual([
      trust.users["leaf-partner-APP"],
      "U-before",
    ]);
  });

  test("authorities that sign for somebody are told apart, and the hub's is nobody's own", async () => {
    const { topology, trust } = await made("callout");
    const names = ["core", "partner", "loose", "edge"];
    const pems = await Promise.all(names.map(async (name) => (await createAuthority(name, 1000, new Date())).cert));
    const of = (authorities: Trust["authorities"]) =>
      Object.values(toAuthRules(topology, { ...trust, authorities }).leafs ?? {})[0]?.certificate;
    const [core = "", partner = "", loose = "", edge = ""] = pems;
    const print = (pem: string) => new X509Certificate(pem).fingerprint256;
    expect(of({ core, partner: `${partner}\n`, loose, edge })).toEqual({
      name: "partner",
      authorities: [print(partner)],
      others: [print(loose), print(edge)],
    });
    // One that two have says nothing about either: the name decides.
    expect(of({ core, partner: core, loose: core })).toEqual({ name: "partner", authorities: [], others: [] });
  });
});

test("in operator mode its creds are of the callout's account, and give no right by themselves", async () => {
  const { trust, store } = await made("operator");
  const claims = async (leaf: string) =>
    decode<User>((await storedUserJwt(store, `leaf-${leaf}-APP`)) ?? "") as { iss: string; nats: User };
  const partner = await claims("partner");
  expect(partner.iss).toBe(trust.accounts.AUTH?.publicKey);
  expect(partner.nats).toMatchObject({
    pub: { deny: [">"] },
    sub: { deny: [">"] },
    allowed_connection_types: ["LEAFNODE"],
  });
  expect((await claims("loose")).iss).toBe(trust.accounts.APP?.publicKey);
  const auth = decode<{ authorization: { auth_users: string[] } }>(trust.accounts.AUTH?.jwt ?? "");
  expect((auth.nats as { authorization: { auth_users: string[] } }).authorization.auth_users).not.toContain(
    trust.users["leaf-partner-APP"],
  );
});
