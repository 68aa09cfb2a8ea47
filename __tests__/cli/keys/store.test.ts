import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderStore } from "../../../cli/keys/store";

const root = mkdtempSync(join(tmpdir(), "natsform-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("keys are for their owner alone, in a folder that others could read before", async () => {
  const folder = join(root, "keys");
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  await new FolderStore(folder).write("issuer", "seed");
  expect([modeOf(folder), modeOf(join(folder, "issuer.key"))]).toEqual(["700", "600"]);
});

test.each(["../issuer", "a/b", "", ".."])("%p is no key's name", async (name) => {
  await expect(new FolderStore(join(root, "names")).write(name, "seed")).rejects.toThrow();
});
