import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { survivesPowerCutAfterMs, syncFolders, untilDurable } from "../../runtime/streams/durable";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "natsform-durable-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("every file and folder below the store folders is synced", async () => {
  for (const server of ["s0", "s1"]) {
    mkdirSync(join(root, server, "streams", "ORDERS", "msgs"), { recursive: true });
    writeFileSync(join(root, server, "streams", "ORDERS", "meta.inf"), "{}");
    writeFileSync(join(root, server, "streams", "ORDERS", "msgs", "1.blk"), "");
  }
  expect(await syncFolders([join(root, "s0"), join(root, "s1")])).toEqual({ files: 4, folders: 8 });
});

test("files that come and go meanwhile do no harm", async () => {
  const names = Array.from({ length: 300 }, (_, i) => join(root, `${i}.blk`));
  for (const name of names) writeFileSync(name, "");
  const removing = (async () => {
    for (const name of names) {
      rmSync(name);
      await new Promise(setImmediate);
    }
  })();
  const { files } = await syncFolders([root]);
  await removing;
  expect(files).toBeLessThanOrEqual(300);
});

test("a store folder that is not there is an error: nothing would be durable", async () => {
  await expect(syncFolders([join(root, "missing")])).rejects.toThrow("ENOENT");
});

test("`sync_interval: always` needs no wait, a cluster one interval, a single server the kernel's", () => {
  expect(survivesPowerCutAfterMs({ syncIntervalMs: 0, clustered: false })).toBe(0);
  expect(survivesPowerCutAfterMs({ syncIntervalMs: 1000, clustered: true })).toBe(2000);
  expect(survivesPowerCutAfterMs({ syncIntervalMs: 1000, clustered: false })).toBe(60_000);
  expect(survivesPowerCutAfterMs({ syncIntervalMs: 120_000, clustered: false })).toBe(121_000);
});

test("the wait is counted from the last change, and can be broken off", async () => {
  await untilDurable(Date.now() - 2000, { syncIntervalMs: 1000, clustered: true });
  const waiting = untilDurable(Date.now(), { syncIntervalMs: 60_000, clustered: true }, AbortSignal.timeout(10));
  await expect(waiting).rejects.toThrow("aborted");
});
