import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { twinFolder } from "../../../cli/core/twin-folder";
import { createKeys, exportKeys, importKeys, rotateEnvironmentKeys } from "../../../cli/keys";
import { decryptAge, encryptAge, needsPassphrase } from "../../../cli/keys/export/age";
import { parseExport } from "../../../cli/keys/export/contents";
import { notExported } from "../../../cli/keys/export/record";
import { FolderStore } from "../../../cli/keys/store";
import kubernetesProduction from "../../../environments/kubernetes-production";
import { backupKeySecret } from "../../../model/topology";
import { contents, modeOf } from "../../support/cli-run";
import { TestProject } from "../../support/project";

let project: TestProject;
let identity: string;
let recipient: string;
let out: string;
/** Made once: keys and trust file as each test finds them. */
let made: string;
beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), "natsform-keys-"));
  project = new TestProject();
  project.write({ ...kubernetesProduction, name: "shop" });
  await createKeys("shop", { root: project.root });
  cpSync(project.root, made, { recursive: true });
  out = join(project.root, "keys.age");
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});
beforeEach(() => {
  for (const file of readdirSync(project.root)) rmSync(join(project.root, file), { recursive: true });
  cpSync(made, project.root, { recursive: true });
});
afterAll(async () => {
  rmSync(made, { recursive: true });
  await project.remove();
});

const folder = () => join(project.root, ".natsform/shop/keys");
const store = () => new FolderStore(folder());
const trustPath = () => join(project.root, "environments/shop.trust.json");
const recordPath = () => join(project.root, "environments/shop.keys-export.json");
const exported = () => exportKeys("shop", { root: project.root, out, readableBy: { recipients: [recipient] } });
const opener = async () => ({ identities: [identity] });
const imported = (replace: string[] = [], named?: string) =>
  importKeys("shop", { root: project.root, from: out, opener, replace, ...(named && { store: named }) });
const heldIn = (from: FolderStore) =>
  from.list().then((names) => Promise.all(names.map(async (name) => [name, await from.read(name)] as const)));

test("an export holds every key of the store, and an empty store gets all of them back", async () => {
  const before = new Map(await heldIn(store()));
  const { keys, missing, record } = await exported();
  expect(keys).toEqual([...before.keys()]);
  expect(keys).toEqual(expect.arrayContaining(["operator", "account-APP", "issuer", backupKeySecret, "creds-sys"]));
  expect([missing, record]).toEqual([[], "environments/shop.keys-export.json"]);
  const other = join(project.root, "other");
  const back = await imported([], `file:${other}`);
  expect(back).toMatchObject({ written: [...before.keys()], unchanged: [], missing: [] });
  expect(new Map(await heldIn(new FolderStore(other)))).toEqual(before);
  expect(await imported()).toMatchObject({ written: [], unchanged: [...before.keys()] });
});

test("the file is for its owner alone, is never overwritten, and no key stands anywhere in clear", async () => {
  const secrets = (await heldIn(store()))
    .flatMap(([, text = ""]) => text.split("\n"))
    .filter((line) => line.length > 40);
  await exported();
  expect(modeOf(out)).toBe("600");
  await expect(exported()).rejects.toThrow(`${out} exists`);
  const files = readdirSync(project.root, { recursive: true, encoding: "utf8" })
    .map((file) => join(project.root, file))
    .filter((file) => statSync(file).isFile() && !file.startsWith(folder()));
  expect(files).toEqual(expect.arrayContaining([out, recordPath()]));
  const seeds = secrets.filter((line) => /^S[UAXO]/.test(line));
  expect(seeds.length).toBeGreaterThan(20);
  for (const file of files) {
    const text = readFileSync(file).toString("latin1");
    for (const secret of seeds)
      for (const form of [secret, Buffer.from(secret).toString("base64").slice(0, 60)])
        expect(text).not.toContain(form);
  }
});

test("lost and damaged keys come back, and what is right stays as it is", async () => {
  await exported();
  const before = contents(folder());
  await store().remove("operator");
  writeFileSync(join(folder(), "xkey.key"), "");
  writeFileSync(join(folder(), "issuer.key"), "garbage");
  expect((await imported()).written.sort()).toEqual(["issuer", "operator", "xkey"]);
  expect(contents(folder())).toEqual(before);
});

test("another key is overwritten when it is named, and otherwise nothing is written", async () => {
  await exported();
  const [mine, ours] = [await store().read("account-APP"), await store().read("account-SYS")];
  await store().write("account-APP", ours ?? "");
  await store().write("signing-APP", ours ?? "");
  await store().remove("operator");
  const before = contents(folder());
  await expect(imported()).rejects.toThrow(
    /account-APP: the store holds another key[\s\S]*signing-APP: the store holds/,
  );
  await expect(imported(["account-APP"])).rejects.toThrow(/--replace signing-APP/);
  await expect(imported(["nothing"])).rejects.toThrow(/nothing is not in it/);
  expect(contents(folder())).toEqual(before);
  expect((await imported(["account-APP", "signing-APP"])).written).toContain("account-APP");
  expect(await store().read("account-APP")).toBe(mine);
});

test("keys from before a rotation are never taken; those that are the same still come back", async () => {
  await exported();
  await rotateEnvironmentKeys("shop", { root: project.root });
  await rotateEnvironmentKeys("shop", { root: project.root, finish: true });
  const rotated = await store().read("xkey");
  await store().remove("operator");
  const back = await imported();
  expect(back.written).toEqual(["operator"]);
  expect(back.outdated).toEqual(expect.arrayContaining(["signing-APP", "user-responder", "xkey"]));
  expect(await store().read("xkey")).toBe(rotated);
  await store().remove("xkey");
  await expect(imported()).rejects.toThrow(/xkey: it is X\w+, and the trust file lists X/);
});

test("backup keys of both are kept, that of the trust file first", async () => {
  const old = (await store().read(backupKeySecret)) ?? "";
  await exported();
  await rotateEnvironmentKeys("shop", { root: project.root });
  const [current = ""] = ((await store().read(backupKeySecret)) ?? "").split("\n");
  await store().write(backupKeySecret, current);
  expect((await imported()).written).toEqual([backupKeySecret]);
  expect(await store().read(backupKeySecret)).toBe(`${current}\n${old}`);
});

test("the old key of an open rotation is exported under its own name, also from where both are one value", async () => {
  await rotateEnvironmentKeys("shop", { root: project.root });
  const [current, old] = [await store().read("xkey"), await store().read("xkey-previous")];
  await store().write("xkey", `${current}\n${old}`);
  await store().remove("xkey-previous");
  await exported();
  const { keys } = parseExport(await decryptAge(readFileSync(out), await opener(), out), out);
  expect([keys.xkey, keys["xkey-previous"]]).toEqual([current, old]);
});

test("a store of other keys than the trust file's is not exported, nor one with a damaged key", async () => {
  const seed = await store().read("account-APP");
  await store().write("account-APP", (await store().read("account-SYS")) ?? "");
  await expect(exported()).rejects.toThrow(/holds other keys than the trust file: account-APP/);
  await store().write("account-APP", seed ?? "");
  writeFileSync(join(folder(), "xkey.key"), "");
  await expect(exported()).rejects.toThrow(/what is no key: xkey/);
  expect(readdirSync(project.root)).not.toContain("keys.age");
});

test("what is not held is named, and left out of the record", async () => {
  await store().remove("operator");
  expect((await exported()).missing).toEqual(["operator"]);
  const record = JSON.parse(readFileSync(recordPath(), "utf8"));
  expect(Object.keys(record.keys)).toEqual(expect.arrayContaining(["issuer", "account-APP", backupKeySecret]));
  expect(record.keys).not.toHaveProperty("operator");
});

test("a lost trust file comes back with the keys; that of another environment is refused", async () => {
  await exported();
  const trust = readFileSync(trustPath(), "utf8");
  writeFileSync(trustPath(), trust.replace('"environment": "shop"', '"environment": "other"'));
  await expect(imported()).rejects.toThrow("it holds the keys of shop, not of other");
  rmSync(trustPath());
  expect((await imported()).trust).toBe("environments/shop.trust.json");
  expect(JSON.parse(readFileSync(trustPath(), "utf8"))).toEqual(JSON.parse(trust));
});

test("a twin's keys are exported too, without a record", async () => {
  await createKeys("shop", { root: project.root, twin: true });
  const done = await exportKeys("shop", {
    root: project.root,
    twin: true,
    out,
    readableBy: { recipients: [recipient] },
  });
  expect(done.record).toBeUndefined();
  expect(readdirSync(join(project.root, "environments"))).not.toContain("shop.keys-export.json");
  const before = contents(twinFolder(project.root, "shop").keys);
  await new FolderStore(twinFolder(project.root, "shop").keys).remove("operator");
  await importKeys("shop", { root: project.root, twin: true, from: out, opener });
  expect(contents(twinFolder(project.root, "shop").keys)).toEqual(before);
});

test("a file that was cut, altered, or made for others opens nothing, and says which it is", async () => {
  await exported();
  const file = readFileSync(out);
  const open = (bytes: Uint8Array) => decryptAge(bytes, { identities: [identity] }, "keys.age");
  await expect(open(file.subarray(0, -1))).rejects.toThrow("keys.age is damaged");
  await expect(open(file.subarray(0, 300))).rejects.toThrow("keys.age is damaged");
  await expect(open(Buffer.alloc(0))).rejects.toThrow("keys.age is no file in the age format");
  const altered = Buffer.from(file);
  altered[altered.length - 40] = (altered[altered.length - 40] ?? 0) ^ 1;
  await expect(open(altered)).rejects.toThrow("keys.age is damaged");
  const others = await generateX25519Identity();
  await expect(decryptAge(file, { identities: [others] }, "keys.age")).rejects.toThrow(
    "not opened by these identities",
  );
  expect(() => parseExport("{}", "keys.age")).toThrow("keys.age holds no keys");
});

test("what is named and cannot be read is named in the error", async () => {
  const from = (file: string) => importKeys("shop", { root: project.root, from: file, opener });
  await expect(from(join(project.root, "none.age"))).rejects.toThrow(/there is no file .*none\.age/);
  await expect(from(project.root)).rejects.toMatchObject({ code: "EISDIR", path: project.root });
});

test("the keys of an imported operator are with its owner, and no export lacks them", () => {
  const trust = JSON.parse(readFileSync(trustPath(), "utf8"));
  const lacks = (imported?: true) => notExported({ ...trust, imported }, { keys: {} });
  expect(lacks()).toEqual(expect.arrayContaining(["operator", "account-APP", "signing-APP"]));
  expect(lacks(true).filter((name) => /^operator|^account-/.test(name))).toEqual([]);
  expect(lacks(true)).toContain("signing-APP");
});

test("recipients are checked, and one that is a secret is not repeated", async () => {
  const wrong = encryptAge("text", { recipients: [recipient, "age1nonsense", identity] });
  await expect(wrong).rejects.toThrow(/recipient 2 is none of age: age1nonsense\n.*recipient 3 is an identity/);
  await wrong.catch((error: Error) => expect(error.message).not.toContain(identity));
});

test("another passphrase than the one that closed a file is told from an identity that is missing", async () => {
  const file = await encryptAge("text", { passphrase: "correct horse" });
  expect(needsPassphrase(file)).toBe(true);
  await expect(decryptAge(file, { passphrase: "wrong" }, "keys.age")).rejects.toThrow("not opened by this passphrase");
});
