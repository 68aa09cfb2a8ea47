import { makeKeys } from "../../cli/keys/make";
import { deployedValues, pushSecrets } from "../../cli/keys/push";
import { finishRotation, rotateKeys } from "../../cli/keys/rotate";
import { MemoryStore } from "../../cli/keys/store";
import { parseEnvironment } from "../../model/config";
import { backupKeySecret, buildTopology } from "../../model/topology";
import { parseKeys } from "../../runtime/backup/keys";
import { core, threeServers } from "../support/twin-environment";

const topologyWith = (encrypt: boolean) => {
  const backup = { to: "s3://backups/core", encrypt };
  const { environment } = parseEnvironment(threeServers("tests", { clusters: { core: { ...core, backup } } }));
  if (!environment) throw new Error("the environment of the tests is refused");
  return buildTopology(environment);
};
const idsOf = async (store: MemoryStore) => parseKeys((await store.read(backupKeySecret)) ?? "").map(({ id }) => id);

test("a key for backups is made where they are encrypted, once", async () => {
  const store = new MemoryStore();
  expect((await makeKeys(topologyWith(false), store)).created).not.toContain(backupKeySecret);
  const { created, trust } = await makeKeys(topologyWith(true), store);
  expect(created).toEqual([backupKeySecret]);
  const made = (await store.read(backupKeySecret)) ?? "";
  expect(JSON.stringify(trust)).not.toContain(made);
  expect((await makeKeys(topologyWith(true), store)).created).toEqual([]);
  expect(await store.read(backupKeySecret)).toBe(made);
});

test("it is pushed to where backups are encrypted, and nowhere else", async () => {
  const [store, target] = [new MemoryStore(), new MemoryStore()];
  await makeKeys(topologyWith(true), store);
  await pushSecrets({ topology: topologyWith(true), trust: {} }, store, target);
  expect(await target.read(backupKeySecret)).toBe(await store.read(backupKeySecret));
  const names = (await deployedValues({ topology: topologyWith(false), trust: {} }, store)).map(({ name }) => name);
  expect(names).not.toContain(backupKeySecret);
});

test("a rotation puts a new key in front, and no end of one drops those behind it", async () => {
  const store = new MemoryStore();
  const topology = topologyWith(true);
  const { trust } = await makeKeys(topology, store);
  const [first] = await idsOf(store);
  expect(await rotateKeys(topology, store, trust)).toContain(backupKeySecret);
  const second = await idsOf(store);
  expect(second).toEqual([expect.not.stringMatching(first ?? ""), first]);
  const open = await makeKeys(topology, store);
  expect(await finishRotation(topology, store, open.trust)).not.toContain(backupKeySecret);
  await rotateKeys(topology, store, (await makeKeys(topology, store)).trust);
  expect((await idsOf(store)).slice(1)).toEqual(second);
});

test("backups that are not encrypted have no key to rotate", async () => {
  const store = new MemoryStore();
  const { trust } = await makeKeys(topologyWith(false), store);
  expect(await rotateKeys(topologyWith(false), store, trust)).not.toContain(backupKeySecret);
  expect(await store.list()).not.toContain(backupKeySecret);
});
