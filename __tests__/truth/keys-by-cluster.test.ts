import { encodeUser } from "@nats-io/jwt";
import { makeKeys } from "../../cli/keys/make";
import { createPair, pairOf, seedOf } from "../../cli/keys/seeds";
import { FolderStore, MemoryStore } from "../../cli/keys/store";
import { writeTrust } from "../../cli/keys/trust-file";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, deployedSecrets, storedName, type Topology, usersOf } from "../../model/topology";
import type { Authentication } from "../../runtime/client";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { app, oidc, permissions } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

type Mode = "callout" | "operator";

/** A hub, and a site that is linked to it. */
const environment = (name: string, mode: Mode): EnvironmentInput => ({
  name,
  identity: { mode, oidc, permissions, services: { api: app }, responders: 1 },
  clusters: {
    hub: {
      platform: { kind: "kubernetes", flavor: "gke" },
      size: 1,
      leafHub: true,
      leafAddress: "leaf.example.com",
      jetstream: { memory: "64MiB", file: "1GiB", durability: "durable" },
    },
    edge: {
      platform: { kind: "aws-ecs", region: "eu-west-1", domain: "edge.example.com", access: "vpc" },
      size: 1,
      leafOf: { cluster: "hub" },
      jetstream: { memory: "64MiB", file: "1GiB", durability: "durable" },
    },
  },
  acknowledge: [
    { rule: "leaf-hub-unreachable", reason: "the clusters are processes of one machine", expires: "2099-01-01" },
  ],
});
const clusters = ["hub", "edge"];

const project = new TestProject();
afterAll(() => project.remove());

describe.each<Mode>(["callout", "operator"])("in %s mode", (mode) => {
  const name = `keys-${mode}`;
  const twin = new TestTwin(project, name);
  const keys = new FolderStore(twin.folder.keys);
  let topology: Topology;
  /** Seeds and creds that all clusters shared, by name. */
  const shared = new Map<string, string>();

  /** Who gets into a cluster with these texts: as the user of a seed or of creds. */
  const loginsOf = (held: ReadonlyMap<string, string>): [string, Authentication][] =>
    [...held].flatMap(([key, text]): [string, Authentication][] => {
      if (text.startsWith("SU")) return [[key, { kind: "nkey", seed: text }]];
      return text.startsWith("-----") ? [[key, { kind: "creds", creds: text }]] : [];
    });
  const isAdmitted = async (cluster: string, authentication: Authentication): Promise<boolean> => {
    try {
      await twin.with(authentication, (client) => client.connection(), { cluster });
      return true;
    } catch (error) {
      expect(String(error)).toMatch(/authorization violation|authentication|permissions/i);
      return false;
    }
  };
  const admitted = async (cluster: string, held: ReadonlyMap<string, string>): Promise<string[]> => {
    const names: string[] = [];
    for (const [key, login] of loginsOf(held)) if (await isAdmitted(cluster, login)) names.push(key);
    return names;
  };

  /** Everything that lies in a cluster, and what else is only its own: by the names of the store. */
  const keysOf = async (cluster: string): Promise<Map<string, string>> => {
    const one = topology.clusters.filter((each) => each.name === cluster);
    const names = [
      ...deployedSecrets(topology, twin.trust(), one).flatMap((secret) => secret.keys),
      ...usersOf(topology.identity, cluster)
        .filter((user) => user.cluster === undefined)
        .flatMap((user) => [`user-${user.name}`, `creds-${user.name}`])
        .map((key) => storedName(twin.trust(), cluster, key)),
    ];
    const held = await Promise.all([...new Set(names)].map(async (key) => [key, await keys.read(key)] as const));
    return new Map(held.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])));
  };
  /** Users of APP whom these keys sign, in operator mode. */
  const forged = async (held: ReadonlyMap<string, string>): Promise<Map<string, string>> => {
    const { publicKey = "" } = twin.trust().accounts.APP ?? {};
    const signers = [...held].filter(([, text]) => text.startsWith("SA"));
    const made = signers.map(async ([key, seed]): Promise<[string, string]> => {
      const user = createPair("user");
      const jwt = await encodeUser("forged", user, pairOf(seed), { issuer_account: publicKey });
      const text = `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seedOf(user)}\n------END USER NKEY SEED------\n`;
      return [`forged with ${key}`, text];
    });
    return new Map(await Promise.all(made));
  };

  beforeAll(async () => {
    const { environment: parsed, problems } = parseEnvironment(environment(name, mode));
    if (!parsed) throw new Error(JSON.stringify(problems));
    topology = buildTopology(parsed);
    const { trust } = await makeKeys(topology, new MemoryStore());
    // As versions of before made it: one set of keys, and no word of whose they are.
    const before = await makeKeys(topology, keys, { ...trust, cluster: undefined, clusters: undefined });
    expect(before.trust.clusters).toBeUndefined();
    // Services and links have keys of their own, and those of an operator and its accounts are in no cluster.
    const elsewhere = /service|leaf|^operator$|^account-(?!AUTH)/;
    for (const key of await keys.list()) if (!elsewhere.test(key)) shared.set(key, (await keys.read(key)) ?? "");
    writeTrust(twin.folder.trust, before.trust);
    await twin.up(environment(name, mode));
  });
  afterAll(async () => {
    await twin.close();
    await project.run("down", name, "--now");
  });

  const admittedByAll = async () => {
    for (const cluster of clusters) {
      const token = await twin.token("alice");
      await eventually(`${cluster} admits alice`, () => isAdmitted(cluster, { kind: "token", token }));
    }
  };

  test("clusters that share their keys get their own by a rotation: who is in stays or comes back", async () => {
    const everybody = [
      mode === "callout" ? "user-sys" : "creds-sys",
      mode === "callout" ? "user-responder" : "creds-responder",
    ];
    for (const cluster of clusters) expect(await admitted(cluster, shared)).toEqual(expect.arrayContaining(everybody));
    const staying = clusters.map((cluster) => twin.client(twin.service(), { cluster }));
    for (const client of staying) await client.connection();

    await project.run("keys", "rotate", name, "--twin");
    await twin.up();
    await admittedByAll();
    const { previous, clusters: sets, cluster } = twin.trust();
    expect([cluster, Object.keys(sets ?? {}), previous?.xkey]).toEqual([
      "hub",
      ["edge"],
      pairOf(shared.get("xkey") ?? "").getPublicKey(),
    ]);

    await project.run("keys", "rotate", name, "--twin", "--finish");
    await twin.up();
    await admittedByAll();
    for (const client of staying) await client.publish("news.after", "still here");
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("the keys that all shared are refused everywhere afterwards", async () => {
    for (const cluster of clusters) {
      expect(await admitted(cluster, shared)).toEqual([]);
      expect(await admitted(cluster, await forged(shared))).toEqual([]);
    }
  });

  test("with every key of one cluster, nobody gets into another but over the link", async () => {
    for (const [cluster, other] of [
      ["edge", "hub"],
      ["hub", "edge"],
    ] as const) {
      const held = await keysOf(cluster);
      const made = mode === "operator" ? await forged(held) : new Map<string, string>();
      const all = new Map([...held, ...made]);
      // They are the cluster's: it lets their users in, but for the link's, which is none of a client.
      const own = loginsOf(all)
        .map(([key]) => key)
        .filter((key) => !key.includes("leaf-"));
      const good = own.filter((key) => mode === "callout" || !/^user-|AUTH/.test(key));
      expect((await admitted(cluster, all)).sort()).toEqual(good.sort());
      expect(good.length).toBeGreaterThan(3);
      expect(await admitted(other, all)).toEqual([]);
    }
  });
});
