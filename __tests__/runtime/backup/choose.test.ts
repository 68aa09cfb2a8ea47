import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { chooseBackup, folderOf, NoBackup, readCatalog } from "../../../runtime/backup/catalog";
import { MANIFEST } from "../../../runtime/backup/contract";
import { type Manifest, printManifest } from "../../../runtime/backup/manifest";
import { EXIT, run } from "../../../runtime/backup/run";
import { type Target, TargetError, writeText } from "../../../runtime/backup/target";
import { folderTarget } from "../../../runtime/backup/target-folder";
import { openBucket } from "../../../runtime/backup/target-s3";
import { backupManifest, scope } from "../../support/backup-manifests";

const root = mkdtempSync(join(tmpdir(), "natsform-choose-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [older, newer] = ["20261120T020000000Z-aaaaaa", "20261121T020000000Z-bbbbbb"];
const manifestOf = (id: string, fields: Partial<Manifest> = {}) => ({ ...backupManifest([]), id, ...fields });

/** A folder with an older and a newer backup. */
async function twoBackups(name: string, fields: Partial<Manifest> = {}) {
  const target = folderTarget(join(root, name));
  for (const [id, more] of [
    [older, {}],
    [newer, fields],
  ] as const) {
    const folder = `${folderOf(scope)}/${id}`;
    await writeText(target, `${folder}/ORDERS/data`, "data");
    await writeText(target, `${folder}/${MANIFEST}`, printManifest(manifestOf(id, more)));
  }
  return { target, path: join(root, name, folderOf(scope), newer, MANIFEST) };
}

const chosen = async (target: Target, id?: string) => chooseBackup(await readCatalog(target, scope, []), id).id;

test("the newest complete backup is chosen, or the one that is named", async () => {
  const { target } = await twoBackups("whole");
  expect([await chosen(target), await chosen(target, older)]).toEqual([newer, older]);
  await expect(chosen(target, "none")).rejects.toThrow(NoBackup);
});

test("one that says itself that it is incomplete is passed over: its run has failed already", async () => {
  const { target } = await twoBackups("incomplete", { complete: false });
  expect(await chosen(target)).toBe(older);
});

test.each<[string, (path: string) => void]>([
  ["cut", (path) => truncateSync(path, 100)],
  ["empty", (path) => truncateSync(path, 0)],
  ["altered", (path) => writeFileSync(path, printManifest(manifestOf(newer)).replace('"test"', '"tost"'))],
  ["gone", (path) => rmSync(path)],
])("no older backup stands in for the newest one whose manifest is %s, unless it is named", async (how, damage) => {
  const { target, path } = await twoBackups(how);
  damage(path);
  await expect(chosen(target)).rejects.toThrow(new RegExp(`${newer}: .*name ${older} to use that older one`));
  expect(await chosen(target, older)).toBe(older);
});

test("a target that cannot be read now is an error, not a backup that is damaged", async () => {
  const { target } = await twoBackups("throttled");
  const throttled: Target = {
    ...target,
    // biome-ignore lint/correctness/useYield: it fails before the first byte
    async *read() {
      throw Object.assign(new Error("Please reduce your request rate."), { name: "SlowDown" });
    },
  };
  await expect(chosen(throttled)).rejects.toThrow(TargetError);
});

test("a run that does not end has failed", async () => {
  const { target } = await twoBackups("endless");
  const never: Target = { ...target, list: () => new Promise(() => {}) };
  const settings = { target: never, scope, keys: [], metrics: { file: join(root, "metrics") }, restore: {} };
  const code = await run("drill", {
    settings: settings as never,
    connect: () => Promise.reject(new Error("not asked")),
    log: pino({ level: "silent" }),
    now: () => new Date(0),
    endsWithinMs: 50,
  });
  expect(code).toBe(EXIT.failed);
});

describe("a bucket that takes requests and never answers", () => {
  let silent: Server;
  let target: Target;
  beforeAll(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= "test";
    process.env.AWS_SECRET_ACCESS_KEY ??= "test";
    process.env.AWS_REGION ??= "eu-west-1";
    silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    target = openBucket({ scheme: "s3", bucket: "b", prefix: "", endpoint: `http://127.0.0.1:${port}`, idleMs: 100 });
  });
  afterAll(() => {
    silent.closeAllConnections();
    silent.close();
  });

  const readAll = async () => {
    for await (const _ of target.read("x"));
  };
  test.each<[string, () => Promise<unknown>]>([
    ["put", () => writeText(target, "x", "text")],
    ["get", readAll],
    ["list", () => target.list("x")],
  ])("ends a %s with an error", async (_, work) => {
    await expect(work()).rejects.toThrow();
  });
});
