import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLeafFiles } from "../../../cli/leaf/write";

const root = mkdtempSync(join(tmpdir(), "natsform-leaf-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a leaf's files are for their owner alone", () => {
  const folder = join(root, "leaf");
  const credentials = {
    authorities: "PEM",
    secrets: [{ file: "leaf.creds", content: "seed" }],
    configuration: "leafnodes {}",
  };
  writeLeafFiles(folder, credentials as Parameters<typeof writeLeafFiles>[1], { key: "KEY", cert: "CERT" });
  const files = readdirSync(folder);
  expect(files).toHaveLength(5);
  for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
