import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository, temporaryFolder } from "../support/stacks";

/** `main.ts` as cdktf and natsform deploy run it, in a project of its own. */
function main(root: string, env: Record<string, string> = {}) {
  const args = ["--require", require.resolve("tsx/cjs"), join(repository, "main.ts")];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", CDKTF_OUTDIR: join(root, "out"), ...env },
  });
  return { status, said: stdout + stderr };
}

const root = temporaryFolder();
mkdirSync(join(root, "environments"));
const shipped = (name: string) => {
  for (const end of ["ts", "trust.json"]) {
    cpSync(join(repository, "environments", `${name}.${end}`), join(root, "environments", `${name}.${end}`));
  }
};
const broken = (name: string, text: string) => writeFileSync(join(root, "environments", `${name}.ts`), text);

test("environments that are not right are all named, nothing is written, and the exit code is 1", () => {
  broken("first", `export default { name: "first", sise: 3 };`);
  broken("second", "export default 7;");
  const { status, said } = main(root, { NATSFORM_ENV: "first,second,third" });
  expect(status).toBe(1);
  expect(said).toContain("environments/first.ts");
  expect(said).toContain("sise");
  expect(said).toContain("environments/second.ts");
  expect(said).toContain("there is no such environment");
  expect(said).not.toMatch(/^\s+at /m);
  expect(readdirSync(root).sort()).toEqual(["environments"]);
});

const misnamed = temporaryFolder();
mkdirSync(join(misnamed, "environments"));

test("all environments are not all while a file of theirs is not read", () => {
  writeFileSync(join(misnamed, "environments", "Production.ts"), "export default {};");
  const { status, said } = main(misnamed);
  expect(status).toBe(1);
  expect(said).toMatch(/^environments\/Production\.ts: 1 error\n.*is not read.*\n.*fix: rename it to production\.ts/);
});

test("a platform without stacks is named in a line, and the others are synthesized with their code", () => {
  for (const name of ["demo", "territories"]) shipped(name);
  const { status, said } = main(root, { NATSFORM_ENV: "demo,territories" });
  expect(said.trim()).toBe("territories/nats: skipped, hosts has no stacks yet");
  expect(status).toBe(0);
  expect(readdirSync(join(root, "out", "stacks")).sort()).toEqual([
    "demo-core-certificates",
    "demo-core-nats",
    "demo-core-programs",
    "demo-eu-west-1-foundation",
  ]);
  expect(readdirSync(join(root, ".natsform", "lambda")).sort()).toEqual(["certificate-manager.zip", "dns-sync.zip"]);
});

const old = temporaryFolder();
mkdirSync(join(old, "environments"));

test("an environment that imports from the path of before is synthesized, and told of the new one", () => {
  symlinkSync(join(repository, "modules"), join(old, "modules"));
  const text = readFileSync(join(repository, "environments", "territories.ts"), "utf8");
  writeFileSync(join(old, "environments", "territories.ts"), text.replace("natsform/config", "../modules/config"));
  cpSync(
    join(repository, "environments", "territories.trust.json"),
    join(old, "environments", "territories.trust.json"),
  );
  const { status, said } = main(old, { NATSFORM_ENV: "territories" });
  expect(said).toContain("import from natsform/config now");
  expect(status).toBe(0);
});
