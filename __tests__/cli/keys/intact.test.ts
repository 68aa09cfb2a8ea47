import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotateBackupKey } from "../../../cli/keys/backup-key";
import { createPair, seedOf } from "../../../cli/keys/seeds";
import { FolderStore } from "../../../cli/keys/store";

const root = mkdtempSync(join(tmpdir(), "natsform-intact-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const store = new FolderStore(root);

test("whole keys are read as they were written", async () => {
  for (const kind of ["operator", "account", "user", "curve"] as const) {
    const seed = seedOf(createPair(kind));
    await store.write(kind, seed);
    expect(await store.read(kind)).toBe(seed);
  }
  await rotateBackupKey(store);
  await rotateBackupKey(store);
  expect((await store.read("backup-key"))?.split("\n")).toHaveLength(2);
  expect(await store.read("none")).toBeUndefined();
});

const seed = seedOf(createPair("account"));
test.each([
  ["account-APP", ""],
  ["account-APP", "\n"],
  ["account-APP", "garbage"],
  ["account-APP", seed.slice(0, -4)],
  ["account-APP", `${seed.slice(0, 20)}A${seed.slice(21)}x`],
  ["backup-key", ""],
  ["backup-key", "c2hvcnQ="],
  ["creds-sys", ""],
  ["creds-sys", "-----BEGIN NATS USER JWT-----\n"],
])("%s that holds %j is damaged, and never as good as missing", async (name, content) => {
  writeFileSync(join(root, `${name}.key`), content);
  await expect(store.read(name)).rejects.toThrow(`${join(root, `${name}.key`)} is damaged`);
});
