import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "@cdktf/provider-aws/package.json";
import { lockName } from "../../artifacts/provider-lock";
import demo from "../../environments/demo";
import { contextOf, repository, temporaryFolder } from "../support/stacks";

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
const temporary = temporaryFolder();
const shipped = (name: string, folder = root) => {
  for (const end of ["ts", "trust.json"]) {
    cpSync(join(repository, "environments", `${name}.${end}`), join(folder, "environments", `${name}.${end}`));
  }
};
/** With keys that somebody holds. */
async function owned(name: string, folder = root): Promise<void> {
  shipped(name, folder);
  const { trust } = await contextOf(name, temporary);
  writeFileSync(join(folder, "environments", `${name}.trust.json`), JSON.stringify(trust));
}
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

const unfit = temporaryFolder();
mkdirSync(join(unfit, "environments"));

describe("an environment that may not be deployed is not synthesized", () => {
  const expired = { rule: "connection-lifetime", reason: "until the devices are replaced", expires: "2020-01-01" };
  const identity = { ...demo.identity, maxLifetime: "25h" };
  const write = () =>
    writeFileSync(
      join(unfit, "environments", "demo.ts"),
      `export default ${JSON.stringify({ ...demo, identity, acknowledge: [expired] })};`,
    );

  test("what lint finds and nobody accepts, and keys that nobody holds, are said of all of them at once", () => {
    for (const name of ["demo", "aws-production", "territories"]) shipped(name, unfit);
    write();
    const { status, said } = main(unfit);
    expect(status).toBe(1);
    for (const name of ["demo", "aws-production"])
      expect(said).toMatch(new RegExp(`environments/${name}\\.trust\\.json: 1 error\n.*nobody holds the keys`));
    expect(said).toMatch(/demo has one lint error:\n {2}✖ identity\.maxLifetime: .*\(connection-lifetime\)\n {4}fix: /);
    // Nothing of it is synthesized.
    expect(said).not.toContain("territories");
    expect(said).not.toMatch(/^\s+at /m);
    expect(readdirSync(unfit)).toEqual(["environments"]);
  });

  test("but to be removed it is", () => {
    const { status, said } = main(unfit, { NATSFORM_ENV: "demo", NATSFORM_DESTROY: "1" });
    expect({ status, said }).toEqual({ status: 0, said: "" });
    expect(readdirSync(join(unfit, "out", "stacks"))).toContain("demo-core-nats");
  });
});

const misnamed = temporaryFolder();
mkdirSync(join(misnamed, "environments"));

test("all environments are not all while a file of theirs is not read", () => {
  writeFileSync(join(misnamed, "environments", "Production.ts"), "export default {};");
  const { status, said } = main(misnamed);
  expect(status).toBe(1);
  expect(said).toMatch(/^environments\/Production\.ts: 1 error\n.*is not read.*\n.*fix: rename it to production\.ts/);
});

test("parts of environments may lie in a folder, and an environment in one is told of", () => {
  const parts = join(misnamed, "environments", "shared");
  mkdirSync(parts);
  writeFileSync(join(parts, "base.ts"), "export const base = {};");
  expect(main(misnamed).said).not.toContain("shared");
  writeFileSync(
    join(parts, "eu.ts"),
    'import { defineEnvironment } from "natsform/config";\nexport default defineEnvironment({});',
  );
  expect(main(misnamed).said).toContain("holds eu.ts: in a folder of environments/");
});

test("a platform without stacks is named in a line, and the others are synthesized with their code", async () => {
  for (const name of ["demo", "territories"]) await owned(name);
  const { version } = packageJson.cdktf.provider;
  const lock = `provider "registry.terraform.io/hashicorp/aws" {\n  version = "${version}"\n}\n`;
  writeFileSync(join(root, lockName), lock);
  const { status, said } = main(root, { NATSFORM_ENV: "demo,territories" });
  expect(said.trim()).toBe("territories/nats: skipped, hosts has no stacks yet");
  expect(status).toBe(0);
  expect(readdirSync(join(root, "out", "stacks")).sort()).toEqual([
    "demo-core-certificates",
    "demo-core-nats",
    "demo-core-programs",
    "demo-eu-west-1-foundation",
  ]);
  // Whoever runs Terraform by hand gets the providers that the project has locked, too.
  expect(readFileSync(join(root, "out", "stacks", "demo-core-nats", lockName), "utf8")).toContain(lock);
  expect(readdirSync(join(root, ".natsform", "lambda")).sort()).toEqual(["certificate-manager.zip", "dns-sync.zip"]);
});

const old = temporaryFolder();
mkdirSync(join(old, "environments"));

test("an environment that imports from the path of before is synthesized, and told of the new one", async () => {
  await owned("territories", old);
  symlinkSync(join(repository, "modules"), join(old, "modules"));
  const text = readFileSync(join(repository, "environments", "territories.ts"), "utf8");
  writeFileSync(join(old, "environments", "territories.ts"), text.replace("natsform/config", "../modules/config"));
  const { status, said } = main(old, { NATSFORM_ENV: "territories" });
  expect(said).toContain("import from natsform/config now");
  expect(status).toBe(0);
});
