import { type Account, decode } from "@nats-io/jwt";
import { makeKeys } from "../../../cli/keys/make";
import { deployedValues } from "../../../cli/keys/push";
import { finishRotation, rotateKeys } from "../../../cli/keys/rotate";
import { pairOf } from "../../../cli/keys/seeds";
import { MemoryStore } from "../../../cli/keys/store";
import kubernetesProduction from "../../../environments/kubernetes-production";
import { Environment, type Trust } from "../../../model/config";
import { buildTopology, calloutKeys, clusterOf, type Topology } from "../../../model/topology";
import { deployedDigest, platformSite, restartDigest, serverConf, toNatsConf } from "../../../templates/nats-conf";

const { oidc, permissions } = kubernetesProduction.identity;
const environments = {
  operator: kubernetesProduction,
  callout: { ...kubernetesProduction, identity: { mode: "callout", oidc, permissions, services: {} } },
};

interface Moment {
  trust: Trust;
  /** What the responders are told, and seeds that they are given. */
  keys: string[];
  seeds: string;
  /** What restarts a deployed server, and what a reload of it leaves out. */
  digest: string;
  loaded: string;
  conf: string;
}

async function look(topology: Topology, store: MemoryStore, before?: Trust): Promise<Moment> {
  const { trust } = await makeKeys(topology, store, before);
  const cluster = clusterOf(topology, "nats");
  const [server] = cluster.servers;
  if (!server) throw new Error("a cluster without servers");
  const props = { topology, cluster, server, trust, site: platformSite(topology, cluster) };
  const conf = serverConf(props);
  const login = topology.identity.mode === "operator" ? "creds-responder" : "user-responder";
  const read = ["callout-issuer", "callout-xkey", login];
  const values = (await deployedValues({ topology, trust: {} }, store)).filter(({ name }) => read.includes(name));
  return {
    trust,
    keys: calloutKeys(topology, trust, "nats").split(","),
    seeds: values.map(({ value }) => value).join("\n"),
    digest: deployedDigest(conf, props),
    loaded: restartDigest(conf),
    conf: toNatsConf(props),
  };
}

describe.each(["callout", "operator"] as const)("a rotation in %s mode", (mode) => {
  let moments: { before: Moment; open: Moment; finished: Moment };
  beforeAll(async () => {
    const store = new MemoryStore();
    const topology = buildTopology(Environment.parse(environments[mode]));
    const before = await look(topology, store);
    await rotateKeys(topology, store, before.trust);
    const open = await look(topology, store, before.trust);
    await finishRotation(topology, store, open.trust);
    moments = { before, open, finished: await look(topology, store, open.trust) };
  });
  const all = () => [moments.before, moments.open, moments.finished];

  test("gives responders every key that they are told to hold, and while it is open those before them", () => {
    for (const { keys, seeds } of all()) {
      const held = (seeds.match(/\bS[AUX][A-Z2-7]{56}\b/g) ?? []).map((seed) => pairOf(seed).getPublicKey());
      expect(held).toEqual(expect.arrayContaining(keys.filter((key) => !key.endsWith("?"))));
    }
    const { before, open, finished } = moments;
    expect(open.keys).toEqual(expect.arrayContaining(before.keys.map((key) => `${key}?`)));
    expect(finished.keys).toEqual(open.keys.filter((key) => !key.endsWith("?")));
    expect(finished.keys.filter((key) => before.keys.includes(key))).toEqual([]);
  });

  test("restarts what is deployed when it begins and when it is finished", () => {
    for (const what of ["keys", "digest"] as const)
      expect(new Set(all().map((moment) => String(moment[what]))).size).toBe(3);
    // Where the keys are in account JWTs, the configuration alone would be reloaded, and change nothing.
    expect(new Set(all().map(({ loaded }) => loaded)).size).toBe(mode === "operator" ? 1 : 3);
  });

  test("lets in both logins of the responders while it is open", () => {
    const texts = all().map(({ conf, trust }) => {
      const jwt = trust.accounts.AUTH?.jwt;
      return jwt ? JSON.stringify(decode<Account>(jwt).nats.authorization) : conf;
    });
    const [old, fresh] = [moments.before, moments.open].map(({ trust }) => trust.users.responder ?? "?");
    const known = texts.map((text) => [old, fresh].map((key) => text.includes(key ?? "?")));
    expect(known).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });
});
