import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder, replaceFile, replaceLink } from "../../../runtime/certificate-agent/atomic";
import { done } from "../../support/recorded-files";

jest.mock("node:fs", () =>
  jest.requireActual<typeof import("../../support/recorded-files")>("../../support/recorded-files").recordedFiles(),
);

const root = mkdtempSync(join(tmpdir(), "natsform-atomic-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => done.splice(0));
const parent = root.split("/").at(-1);

test("a file is on the disk before it takes its name, and has its mode", () => {
  replaceFile(join(root, "key"), "secret", 0o600);
  expect(done).toEqual(["remove .key.tmp", "sync .key.tmp", "rename to key", `sync ${parent}`]);
  expect(statSync(join(root, "key")).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(root, "key"), "utf8")).toBe("secret");
});

test("a folder takes its name when all of its files are on the disk", () => {
  makeFolder(join(root, "pair"), { a: { content: "a", mode: 0o600 }, b: { content: "b", mode: 0o644 } });
  expect(done).toEqual([
    "remove .pair.tmp",
    ...["sync a", "sync b", "sync .pair.tmp"],
    ...["rename to pair", `sync ${parent}`],
  ]);
});

test("a link points to the old target until it points to the new one", () => {
  replaceLink(join(root, "current"), "first");
  done.splice(0);
  replaceLink(join(root, "current"), "second");
  expect(done).toEqual(["remove .current.tmp", "rename to current", `sync ${parent}`]);
  expect(readlinkSync(join(root, "current"))).toBe("second");
});
