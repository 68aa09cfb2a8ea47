import { type Account, decode, type User } from "@nats-io/jwt";
import fc from "fast-check";
import { isKeyName } from "../../../cli/keys/key-name";
import { makeKeys } from "../../../cli/keys/make";
import { deployedValues } from "../../../cli/keys/push";
import { readCreds } from "../../../cli/keys/read-jwts";
import { clusterKeys, previousOf, rotatedNames } from "../../../cli/keys/rotated-keys";
import { pairOf } from "../../../cli/keys/seeds";
import { MemoryStore } from "../../../cli/keys/store";
import { Environment, type Trust } from "../../../model/config";
import {
  buildTopology,
  type ClusterTopology,
  clusterOf,
  nameIn,
  secretsInStore,
  storedName,
  type Topology,
  trustOf,
} from "../../../model/topology";
import { deployedDigest, platformSite, serverConf } from "../../../templates/nats-conf";
import { topologies } from "../../support/arbitrary-environment";
import { joinedEnvironment, joinedLeaf } from "../../support/joined-environment";

/** What a store for all clusters holds of one of them. */
const namesOf = (topology: Topology, owner: string, cluster: string) =>
  [...rotatedNames(topology), ...rotatedNames(topology).map(previousOf), "callout-issuer", "callout-xkey"].map((name) =>
    storedName({ cluster: owner }, cluster, name),
  );

test("no two keys of an environment have one name, whatever its clusters are called", () => {
  fc.assert(
    fc.property(topologies, (topology) => {
      const { clusters, identity } = topology;
      const owner = clusters[0]?.name ?? "";
      const common = [
        ...["operator", "backup-key", "user-sentinel"],
        ...identity.accounts.map(({ name }) => `account-${name}`),
        ...Object.keys(identity.services).map((name) => `user-service-${name}`),
        ...identity.users.filter(({ cluster }) => cluster).flatMap(({ name }) => [`user-${name}`, `creds-${name}`]),
      ];
      const own = clusters.flatMap(({ name }) => namesOf(topology, owner, name));
      const all = [...new Set(common), ...own];
      expect(new Set(all).size).toBe(all.length);
      expect(all.filter((name) => !isKeyName(name))).toEqual([]);
      for (const { name: cluster } of clusters) {
        const found = all.flatMap((stored) => nameIn({ cluster: owner }, cluster, stored) ?? []);
        expect(found.sort()).toEqual([...new Set(common), ...namesOf(topology, cluster, cluster)].sort());
      }
    }),
  );
});

function joinedTopology(mode: "callout" | "operator"): Topology {
  const input = joinedEnvironment({
    hub: { platform: { kind: "kubernetes", flavor: "gke" }, leafHub: true, leafAddress: "leaf.example.com" },
    edge: joinedLeaf("edge", "eu-west-1"),
  });
  return buildTopology(Environment.parse({ ...input, identity: { ...input.identity, mode } }));
}

const at = (topology: Topology, trust: Trust, cluster: ClusterTopology) => {
  const [server] = cluster.servers;
  if (!server) throw new Error("a cluster without servers");
  return { topology, trust, cluster, server, site: platformSite(topology, cluster) };
};

/** Public halves and logins that the servers of a cluster accept something from. */
function acceptedBy(topology: Topology, trust: Trust, cluster: ClusterTopology) {
  const conf = serverConf(at(topology, trust, cluster));
  const jwts = Object.values((conf.resolver_preload ?? {}) as Record<string, string>).map((jwt) =>
    decode<Account>(jwt),
  );
  const refused = new Set(jwts.flatMap(({ nats }) => Object.keys(nats.revocations ?? {})));
  const signers = jwts.flatMap(({ sub, nats }) => [sub, ...(nats.signing_keys ?? []).map(String)]);
  const printed = JSON.stringify([conf, jwts.map(({ nats: { revocations: _, ...nats } }) => nats)]);
  return {
    key: (publicKey: string) => printed.includes(publicKey) || signers.includes(publicKey),
    user: (jwt: string) => {
      const { sub, iss } = decode<User>(jwt);
      return signers.includes(iss) && !refused.has(sub);
    },
  };
}

interface Made {
  store: MemoryStore;
  trust: Trust;
}

/** Names of secrets in a cluster that hold something which the servers of another accept. */
async function doors(topology: Topology, { store, trust }: Made, from: string, to: string): Promise<string[]> {
  const read = { clusters: [clusterOf(topology, from)], personal: false };
  const accepted = acceptedBy(topology, trust, clusterOf(topology, to));
  const values = await deployedValues({ topology, trust }, store, read);
  return values
    .filter(({ value }) => {
      const creds = readCreds(value);
      const seeds = value.match(/\bS[AUX][A-Z2-7]{56}\b/g) ?? [];
      return "value" in creds
        ? accepted.user(creds.value.jwt)
        : seeds.some((seed) => accepted.key(pairOf(seed).getPublicKey()));
    })
    .map(({ name }) => name)
    .sort();
}

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  const topology = joinedTopology(mode);
  const login = (user: string) => `${mode === "operator" ? "creds" : "user"}-${user}`;
  let own: Made;
  beforeAll(async () => {
    const store = new MemoryStore();
    own = { store, trust: (await makeKeys(topology, store)).trust };
  });

  test("nothing that lies in a cluster is a key of another, but the login of its link", async () => {
    expect(await doors(topology, own, "edge", "hub")).toEqual([login("leaf-edge-APP")]);
    expect(await doors(topology, own, "hub", "edge")).toEqual([]);
    // The test sees what opens a door, where there is one.
    const all = await doors(topology, own, "hub", "hub");
    expect(all).toEqual(
      expect.arrayContaining(["callout-issuer", "callout-xkey", login("responder"), login("renewal")]),
    );
  });

  test("a server of an operator's starts anew when there is another cluster whose users it has to refuse", () => {
    const hub = clusterOf(topology, "hub");
    const digest = (trust: Trust) =>
      deployedDigest(serverConf(at(topology, trust, hub)), { topology, trust, cluster: hub });
    const alone = digest({ ...own.trust, clusters: undefined });
    expect(digest(own.trust) === alone).toBe(mode === "callout");
  });
});

test("the first cluster's keys have plain names, and another cluster renames and replaces none", async () => {
  const topology = joinedTopology("callout");
  const store = new MemoryStore();
  const first = await makeKeys({ ...topology, clusters: [clusterOf(topology, "hub")] }, store);
  expect(first.trust.clusters).toBeUndefined();
  expect((await store.list()).filter((name) => name.includes("_"))).toEqual([]);
  for (const clusters of [topology.clusters, [...topology.clusters].reverse()]) {
    const { trust } = await makeKeys({ ...topology, clusters }, store, first.trust);
    expect(Object.keys(trust.clusters ?? {})).toEqual(["edge"]);
    expect(trustOf(trust, "hub")).toEqual({ ...first.trust, cluster: undefined });
  }
  for (const { name } of clusterKeys(topology)) expect(await store.list()).toContain(`${name}_edge`);
});

test("while clusters are getting their own keys, programs on AWS find theirs under the names that all shared", () => {
  const topology = joinedTopology("callout");
  const region = [clusterOf(topology, "edge")];
  const names = (previous?: Record<string, string>) => {
    const clusters = { edge: { issuer: "A", xkey: "X", users: {}, previous } };
    return Object.fromEntries(
      secretsInStore(topology, { cluster: "hub", clusters }, region).map(({ name, keys }) => [name, keys]),
    );
  };
  const own = [
    "callout-issuer_edge",
    "callout-xkey_edge",
    "user-responder_edge",
    "user-leaf-edge-APP",
    "user-sys_edge",
  ];
  expect(Object.keys(names()).sort()).toEqual([...own].sort());
  // A rotation of before or after: nothing has another name.
  expect(Object.keys(names({ issuer: "A" })).sort()).toEqual([...own].sort());
  expect(names({ issuer: "A", "user-sys": "U" })).toMatchObject({
    "callout-issuer": ["issuer_edge", "issuer-previous_edge"],
    "callout-issuer_edge": ["issuer_edge", "issuer-previous_edge"],
    "user-responder": ["user-responder_edge", "user-responder-previous_edge"],
  });
});

test("a cluster without keys of its own is given nobody else's", () => {
  const trust = { environment: "e", cluster: "a", users: {}, accounts: {} } as unknown as Trust;
  for (const cluster of ["b", "constructor"]) expect(() => trustOf(trust, cluster)).toThrow("natsform keys init");
});
