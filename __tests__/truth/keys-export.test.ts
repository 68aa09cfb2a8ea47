import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { toolPath } from "../../cli/core/toolbox/find";
import demo from "../../environments/demo";
import { contents, modeOf, seeds } from "../support/cli-run";
import { inTerminal } from "../support/in-terminal";
import { TestProject } from "../support/project";

const age = toolPath("age");
if (!age) process.stderr.write("age: skipped: it is not installed\n");
const withAge = age ? test : test.skip;

const project = new TestProject();
const inProject = (file: string) => join(project.root, file);
const keysFolder = inProject(".natsform/demo/keys");
let kept: Record<string, string>;
beforeAll(async () => {
  project.write(demo);
  const identity = await generateX25519Identity();
  writeFileSync(inProject("me.txt"), `# mine\n${identity}\n`);
  writeFileSync(inProject("recipients.txt"), `# who restores\n${await identityToRecipient(identity)}\n`);
  await project.run("keys", "init", "demo");
  kept = contents(keysFolder);
});
afterAll(() => project.remove());

withAge("the official age opens an export, and an export that it wrote anew is imported", async () => {
  const said = await project.run("keys", "export", "demo", "--out", "keys.age", "--recipients-file", "recipients.txt");
  expect(said).toMatch(/^\d+ keys of folder .* written to keys\.age\nenvironments\/demo\.keys-export\.json written/);
  expect(modeOf(inProject("keys.age"))).toBe("600");
  const decrypted = execFileSync(age as string, ["--decrypt", "-i", "me.txt", "keys.age"], { cwd: project.root });
  const { keys } = JSON.parse(decrypted.toString("utf8")) as { keys: Record<string, string> };
  for (const [name, value] of Object.entries(keys)) expect(kept[`${name}.key`]).toBe(`${value}\n`);
  expect(Object.keys(keys)).toHaveLength(Object.keys(kept).length);
  const args = ["--encrypt", "--armor", "-R", "recipients.txt", "-o", "again.age"];
  execFileSync(age as string, args, { cwd: project.root, input: decrypted });
  rmSync(keysFolder, { recursive: true });
  const without = await project.natsform("keys", "import", "demo", "again.age");
  expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("--identity FILE") });
  await project.run("keys", "import", "demo", "again.age", "--identity", "me.txt");
  expect(contents(keysFolder)).toEqual(kept);
});

test("the terminal is asked for a passphrase, which it does not show; Ctrl-C there leaves nothing", async () => {
  const stopped = await inTerminal(
    project.root,
    ["Passphrase", "horse\\x03"],
    "keys",
    "export",
    "demo",
    "--out",
    "locked.age",
  );
  expect({ ...stopped, left: existsSync(inProject("locked.age")) }).toMatchObject({ code: 130, left: false });
  const answers = ["Passphrase", "horse\\r", "again", "horse\\r"];
  const locked = await inTerminal(project.root, answers, "keys", "export", "demo", "--out", "locked.age");
  expect(locked).toMatchObject({ code: 0, stdout: expect.stringContaining("written to locked.age") });
  expect(locked.stdout).not.toContain("horse");
  expect(locked.stdout).not.toMatch(seeds);
  rmSync(keysFolder, { recursive: true });
  expect(
    await inTerminal(project.root, ["Passphrase", "horse\\r"], "keys", "import", "demo", "locked.age"),
  ).toMatchObject({
    code: 0,
  });
  expect(contents(keysFolder)).toEqual(kept);
  const piped = await project.natsform("keys", "import", "demo", "locked.age");
  expect(piped).toMatchObject({ code: 1, stderr: expect.stringContaining("--passphrase-file FILE") });
});

test("doctor names what no export holds", async () => {
  const doctor = async () => (await project.natsform("doctor", "demo", "--json")).stdout;
  const row = async () =>
    (JSON.parse(await doctor()) as { name: string; ok: boolean; found: string; required: boolean }[]).find(
      ({ name }) => name === "export of the keys",
    );
  rmSync(inProject("environments/demo.keys-export.json"), { force: true });
  expect(await row()).toMatchObject({ ok: false, required: false, found: "there is none" });
  await project.run("keys", "export", "demo", "--out", "young.age", "--recipients-file", "recipients.txt");
  expect(await row()).toMatchObject({ ok: true });
  expect((await project.natsform("check", "demo")).code).toBe(0);
  await project.run("keys", "rotate", "demo");
  expect(await row()).toMatchObject({ ok: false, found: expect.stringMatching(/; it lacks .*issuer, .*xkey/) });
  const text = readdirSync(inProject("environments")).map((file) =>
    readFileSync(inProject(`environments/${file}`), "utf8"),
  );
  expect(text.join("\n")).not.toMatch(seeds);
});
