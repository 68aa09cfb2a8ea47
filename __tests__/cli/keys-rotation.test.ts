import { makeKeys } from "../../cli/keys/make";
import { finishRotation, previousKeys, rotateKeys, separated } from "../../cli/keys/rotate";
import { createPair, seedOf } from "../../cli/keys/seeds";
import { MemoryStore } from "../../cli/keys/store";
import { heldKeys, otherKeys, refuseOtherKeys } from "../../cli/keys/trusted-keys";
import kubernetesProduction from "../../environments/kubernetes-production";
import { Environment, type Trust } from "../../model/config";
import { buildTopology, type Topology, trustOf } from "../../model/topology";
import { joinedEnvironment, joinedLeaf } from "../support/joined-environment";

const { oidc, permissions } = kubernetesProduction.identity;
const services = { web: { account: "APP" }, "web-previous": { account: "APP" } };
const topologies = {
  operator: buildTopology(Environment.parse(kubernetesProduction)),
  callout: buildTopology(
    Environment.parse({ ...kubernetesProduction, identity: { mode: "callout", oidc, permissions, services } }),
  ),
};
type Mode = keyof typeof topologies;
const modes: Mode[] = ["operator", "callout"];
const rotatedIn: Record<Mode, string[]> = {
  operator: ["SYS", "AUTH", "APP", "USERS", "LEAF"].map((name) => `signing-${name}`).concat("xkey", "user-responder"),
  callout: ["issuer", "xkey", "user-responder"],
};
/** After how many changes it is cut off. With an operator only around creds: its JWTs take their time. */
const cutsIn = {
  operator: { rotate: [15, 16, 17], all: 17, finish: [5] },
  callout: { rotate: [0, 1, 2, 3, 4, 5, 6, 7], all: 7, finish: [0, 1, 2, 3] },
};

/** A store whose process is killed after some changes. */
class CutStore extends MemoryStore {
  left = Number.POSITIVE_INFINITY;

  override async write(name: string, value: string): Promise<void> {
    if (this.left-- <= 0) throw new Error("killed");
    await super.write(name, value);
  }

  override async remove(name: string): Promise<void> {
    if (this.left-- <= 0) throw new Error("killed");
    await super.remove(name);
  }
}

/** @returns whether the work was killed after so many changes */
async function isCut(store: CutStore, changes: number, work: () => Promise<unknown>): Promise<boolean> {
  store.left = changes;
  try {
    await work();
    return false;
  } catch (error) {
    if ((error as Error).message !== "killed") throw error;
    return true;
  } finally {
    store.left = Number.POSITIVE_INFINITY;
  }
}

async function copyOf(store: MemoryStore): Promise<CutStore> {
  const copy = new CutStore();
  for (const name of await store.list()) await copy.write(name, (await store.read(name)) ?? "");
  return copy;
}

/** What `keys rotate` does, up to the trust file that it writes. */
async function rotated(topology: Topology, store: MemoryStore, trust: Trust): Promise<Trust> {
  await rotateKeys(topology, store, trust);
  return (await makeKeys(topology, store, trust)).trust;
}

async function finished(topology: Topology, store: MemoryStore, trust: Trust): Promise<Trust> {
  await finishRotation(topology, store, trust);
  return (await makeKeys(topology, store, trust)).trust;
}

const others = async (topology: Topology, trust: Trust, store: MemoryStore) =>
  otherKeys(trust, await heldKeys(topology, trust, store));
const oldNames = async (store: MemoryStore) => (await store.list()).filter((name) => name.endsWith("-previous"));

describe.each(modes)("a rotation in %s mode", (mode) => {
  const topology = topologies[mode];
  let before: CutStore;
  let trust: Trust;
  beforeAll(async () => {
    before = new CutStore();
    trust = (await makeKeys(topology, before)).trust;
  });
  const oldKey = (name: string) =>
    name === "issuer" || name === "xkey"
      ? trust[name]
      : name === "user-responder"
        ? trust.users.responder
        : trust.accounts[name.replace("signing-", "")]?.signingKey;

  test("that is cut off anywhere goes on with what was not rotated yet, and loses no key", async () => {
    for (const changes of cutsIn[mode].rotate) {
      const store = await copyOf(before);
      expect(await isCut(store, changes, () => rotated(topology, store, trust))).toBe(changes < cutsIn[mode].all);
      const fresh = new Map((await heldKeys(topology, trust, store)).entries());
      const replaced = Object.keys((await previousKeys(topology, store)) ?? {});
      const open = await rotated(topology, store, trust);
      expect(open.previous).toEqual(Object.fromEntries(rotatedIn[mode].map((name) => [name, oldKey(name)])));
      expect(await others(topology, open, store)).toEqual([]);
      for (const name of replaced) expect(await store.read(name)).toBe(fresh.get(name));
      expect(await store.read("creds-responder-previous")).toBe(await before.read("creds-responder"));
    }
  });

  test("whose end is cut off anywhere ends the next time", async () => {
    const rotating = await copyOf(before);
    const open = await rotated(topology, rotating, trust);
    for (const changes of cutsIn[mode].finish) {
      const store = await copyOf(rotating);
      await isCut(store, changes, () => finishRotation(topology, store, open));
      const closed = await finished(topology, store, open);
      expect([open.previous, closed.previous]).toEqual([expect.anything(), undefined]);
      expect(closed.users).toEqual(open.users);
      expect((await oldNames(store)).filter((name) => name !== "user-service-web-previous")).toEqual([]);
      await expect(finishRotation(topology, store, closed)).rejects.toThrow("has no rotation to finish");
    }
  });
});

describe("a rotation", () => {
  const topology = topologies.callout;
  let before: CutStore;
  let trust: Trust;
  beforeAll(async () => {
    before = new CutStore();
    trust = (await makeKeys(topology, before)).trust;
  });

  test("is not begun, ended or written with keys of before one that somebody else began", async () => {
    const open = await rotated(topology, await copyOf(before), trust);
    const stale = await copyOf(before);
    expect((await others(topology, open, stale)).sort()).toEqual([...rotatedIn.callout].sort());
    await expect(refuseOtherKeys(topology, open, stale)).rejects.toThrow(
      /^memory holds other keys than the trust file: .*xkey.*\n {2}fix: use the keys that belong to the trust file/,
    );
    await expect(finishRotation(topology, stale, open)).rejects.toThrow("memory holds other keys than the trust file");
    const ended = { ...open, previous: undefined };
    await expect(rotateKeys(topology, stale, ended)).rejects.toThrow("memory holds other keys than the trust file");
    expect(await stale.list()).toEqual(await before.list());
  });

  test("that somebody else has finished leaves old keys, which are named and dropped", async () => {
    const store = await copyOf(before);
    const open = await rotated(topology, store, trust);
    const ended = await finished(topology, await copyOf(store), open);
    await expect(refuseOtherKeys(topology, ended, store)).rejects.toThrow(
      /xkey-previous.*\n {2}fix: .* --finish removes/,
    );
    await expect(rotateKeys(topology, store, ended)).rejects.toThrow(/xkey-previous.*\n {2}fix: .* --finish removes/);
    await finishRotation(topology, store, ended);
    expect(await others(topology, ended, store)).toEqual([]);
  });

  test("that was cut off is not ended: servers do not know its keys", async () => {
    const store = await copyOf(before);
    await rotateKeys(topology, store, trust);
    await expect(finishRotation(topology, store, trust)).rejects.toThrow(/fix: .* continues an interrupted rotation/);
    expect(await store.read("xkey-previous")).toBe(await before.read("xkey"));
  });
});

test("the key of a service that is called -previous is no old key of another", async () => {
  const topology = topologies.callout;
  const store = new MemoryStore();
  const { trust } = await makeKeys(topology, store);
  expect(trust.previous).toBeUndefined();
  await finished(topology, store, await rotated(topology, store, trust));
  expect(await store.read("user-service-web-previous")).toMatch(/^SU/);
});

test("a list of keys that lags behind hides no old key", async () => {
  const topology = topologies.callout;
  const store = new MemoryStore();
  const { trust } = await makeKeys(topology, store);
  const all = store.list.bind(store);
  store.list = async () => (await all()).filter((name) => !name.endsWith("-previous"));
  const open = await rotated(topology, store, trust);
  expect(Object.keys(open.previous ?? {})).toEqual(rotatedIn.callout);
  expect((await finished(topology, store, open)).previous).toBeUndefined();
  expect((await all()).filter((name) => name.endsWith("-previous"))).toEqual(["user-service-web-previous"]);
});

describe("keys that are not those of the trust file", () => {
  test.each(modes)("are named one by one, and what is not held is none (%s)", async (mode) => {
    const topology = topologies[mode];
    const store = new MemoryStore();
    const { trust } = await makeKeys(topology, store);
    const held = await heldKeys(topology, trust, store);
    expect(otherKeys(trust, held)).toEqual([]);
    expect(otherKeys(trust, new Map())).toEqual([]);
    expect([...held.keys()]).toEqual(
      expect.arrayContaining(mode === "operator" ? ["operator", "account-APP", "creds-sys"] : ["user-service-web"]),
    );
    for (const name of held.keys()) {
      const kind = name.startsWith("user-") ? "user" : name === "xkey" ? "curve" : "account";
      const other = name.startsWith("creds-") ? "no creds" : seedOf(createPair(kind));
      expect(otherKeys(trust, new Map([[name, other]]))).toEqual([name]);
    }
  });

  test("are creds of another user's key, too", async () => {
    const store = new MemoryStore();
    const { trust } = await makeKeys(topologies.operator, store);
    const held = await heldKeys(topologies.operator, trust, store);
    expect(otherKeys(trust, new Map([...held, ["creds-sys", held.get("creds-responder") ?? ""]]))).toEqual([
      "creds-sys",
    ]);
  });
});

describe("clusters that share their keys", () => {
  const input = joinedEnvironment({
    hub: { platform: { kind: "kubernetes", flavor: "gke" }, leafHub: true, leafAddress: "leaf.example.com" },
    edge: joinedLeaf("edge", "eu-west-1"),
  });
  const topology = buildTopology(Environment.parse(input));
  let before: CutStore;
  let trust: Trust;
  beforeAll(async () => {
    const made = (await makeKeys(topology, new MemoryStore())).trust;
    before = new CutStore();
    trust = (await makeKeys(topology, before, { ...made, cluster: undefined, clusters: undefined })).trust;
  });
  const separate = async (store: MemoryStore, from: Trust) => {
    await rotateKeys(topology, store, from);
    return (await makeKeys(topology, store, separated(topology, from))).trust;
  };
  /** Public halves of everything that a cluster has of its own. */
  const ownOf = (all: Trust, cluster: string) => {
    const { issuer, xkey, users } = trustOf(all, cluster);
    const own = Object.entries(users).filter(([name]) => !name.startsWith("leaf-"));
    return [issuer, xkey, ...own.map(([, key]) => key)];
  };

  test("share them until they are rotated: nobody else gives them others", async () => {
    expect(trust).toMatchObject({ cluster: undefined, clusters: undefined });
    expect((await makeKeys(topology, await copyOf(before), trust)).created).toEqual([]);
  });

  test("get their own with the shared ones behind them, wherever it is cut off", async () => {
    for (const changes of [0, 5, 9, 20, 100]) {
      const store = await copyOf(before);
      await isCut(store, changes, () => rotateKeys(topology, store, trust));
      const open = await separate(store, trust);
      const seen = [
        changes,
        ...["hub", "edge"].map((cluster) => Object.values(trustOf(open, cluster).previous ?? {}).sort()),
      ];
      const shared = ownOf(trust, "hub").sort();
      expect(seen).toEqual([changes, shared, shared]);
      const all = [...shared, ...ownOf(open, "hub"), ...ownOf(open, "edge")];
      expect(new Set(all).size).toBe(all.length);
      expect(open.users["leaf-edge-APP"]).toBe(trust.users["leaf-edge-APP"]);
      expect(await others(topology, open, store)).toEqual([]);
    }
  });

  test("are rid of the shared ones when it is finished, and rotate like others then", async () => {
    const store = await copyOf(before);
    const open = await separate(store, trust);
    await expect(rotateKeys(topology, store, open)).rejects.toThrow("is not finished");
    expect(await finishRotation(topology, store, open)).toEqual(
      expect.arrayContaining(["issuer", "user-sys", "issuer_edge", "user-sys_edge"]),
    );
    const closed = (await makeKeys(topology, store, open)).trust;
    expect((await store.list()).filter((name) => name.includes("-previous"))).toEqual([]);
    const held = JSON.stringify(closed);
    for (const key of ownOf(trust, "hub")) expect(held).not.toContain(key);
    expect([ownOf(closed, "hub"), ownOf(closed, "edge")]).toEqual([ownOf(open, "hub"), ownOf(open, "edge")]);

    const next = await rotated(topology, store, closed);
    for (const cluster of ["hub", "edge"])
      expect(Object.keys(trustOf(next, cluster).previous ?? {})).toEqual(rotatedIn.callout);
  });
});
