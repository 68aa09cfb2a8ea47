import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { twinFolder } from "../../../cli/core/twin-folder";
import { completeKeys } from "../../../cli/keys/complete";
import type { KeyStore } from "../../../cli/keys/key-store";
import { finishRotation, rotateKeys } from "../../../cli/keys/rotate";
import { FolderStore, MemoryStore } from "../../../cli/keys/store";
import { wipeTwin } from "../../../cli/twin/down";
import { keepBackupKey, takeKeptBackupKey } from "../../../cli/twin/kept-backup-key";
import { parseEnvironment, type Trust } from "../../../model/config";
import { backupKeySecret, buildTopology } from "../../../model/topology";
import { core, threeServers } from "../../support/twin-environment";

const named = "tests";
const topologyOf = (mode: "callout" | "operator") => {
  const base = threeServers("tests", { clusters: { core: { ...core, backup: { to: "s3://backups/core" } } } });
  const { environment } = parseEnvironment({ ...base, identity: { ...base.identity, mode } as never });
  if (!environment) throw new Error("the environment of the tests is refused");
  return buildTopology(environment);
};

const contentOf = async (store: KeyStore) =>
  Object.fromEntries(await Promise.all((await store.list()).map(async (name) => [name, await store.read(name)])));

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  const topology = topologyOf(mode);
  let store: MemoryStore;
  let previous: Trust;
  beforeEach(async () => {
    store = new MemoryStore();
    ({ trust: previous } = await completeKeys(topology, store, { named }));
  });

  test("what is new is made, and a second run makes nothing", async () => {
    expect(previous.backupKey).toMatch(/^[0-9a-f]{16}$/);
    const again = await completeKeys(topology, store, { previous, named });
    expect(again).toEqual({ trust: previous, created: [] });
  });

  const known = [
    ...["issuer", "xkey", "user-sys", "user-responder", "user-service-api", backupKeySecret],
    ...(mode === "operator" ? ["operator", "account-APP", "account-SYS", "signing-APP"] : []),
  ];
  test.each(known)("%s is never made anew without its name, and nothing is written", async (name) => {
    await store.remove(name);
    const before = await contentOf(store);
    await expect(completeKeys(topology, store, { previous, named })).rejects.toThrow(
      `natsform keys init ${named} --replace ${name}`,
    );
    expect(await contentOf(store)).toEqual(before);
    const { created, trust } = await completeKeys(topology, store, { previous, replace: [name], named });
    expect(created).toContain(name);
    expect(trust).not.toEqual(previous);
  });

  test("all that are lost are named at once, also where the store is empty", async () => {
    const lost = completeKeys(topology, new MemoryStore(), { previous, named });
    await expect(lost).rejects.toThrow(new RegExp(known.map((name) => `(?=[^]*${name})`).join("")));
  });

  test("a rotation and its end lose nothing", async () => {
    await rotateKeys(topology, store, previous);
    const open = await completeKeys(topology, store, { previous: { ...previous, backupKey: undefined }, named });
    await finishRotation(topology, store, open.trust);
    const done = await completeKeys(topology, store, { previous: open.trust, named });
    expect(done.created).toEqual([]);
  });
});

test("the key of a twin's encrypted backups outlives the twin as they do, and the next twin reads them", async () => {
  const root = mkdtempSync(join(tmpdir(), "natsform-kept-"));
  try {
    const folder = twinFolder(root, "tests");
    const topology = topologyOf("callout");
    await completeKeys(topology, new FolderStore(folder.keys), { named });
    const key = await new FolderStore(folder.keys).read(backupKeySecret);
    expect(await keepBackupKey(folder)).toBe(false);
    mkdirSync(join(folder.environment, "backups"));
    writeFileSync(join(folder.environment, "backups", "manifest.json"), "{}");
    expect(await keepBackupKey(folder)).toBe(true);
    wipeTwin(folder);
    await takeKeptBackupKey(folder);
    await completeKeys(topology, new FolderStore(folder.keys), { named });
    expect(await new FolderStore(folder.keys).read(backupKeySecret)).toBe(key);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
