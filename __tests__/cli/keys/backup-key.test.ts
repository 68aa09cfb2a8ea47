import { ensureBackupKey, rotateBackupKey } from "../../../cli/keys/backup-key";
import { MemoryStore } from "../../../cli/keys/store";
import { backupKeySecret } from "../../../model/topology";

const keys = async (store: MemoryStore) => (await store.read(backupKeySecret))?.split("\n") ?? [];

test("a key has 256 bits, and stays", async () => {
  const store = new MemoryStore();
  await ensureBackupKey(store);
  const first = await keys(store);
  expect(first.map((key) => Buffer.from(key, "base64").length)).toEqual([32]);
  await ensureBackupKey(store);
  expect(await keys(store)).toEqual(first);
});

test("a rotation puts a new key in front, and keeps those of older backups", async () => {
  const store = new MemoryStore();
  await ensureBackupKey(store);
  const [first] = await keys(store);
  await rotateBackupKey(store);
  await rotateBackupKey(store);
  const [newest, , oldest, ...others] = await keys(store);
  expect(oldest).toBe(first);
  expect(newest).not.toBe(first);
  expect(others).toEqual([]);
});
