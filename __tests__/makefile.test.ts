import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { writeFileAtomically } from "../artifacts/files";
import { packageRoot } from "../bin/built";
import { toolsNamed } from "../cli/core/toolbox/list";
import { twinFolder } from "../cli/core/twin-folder";
import { ensureBackupKey } from "../cli/keys/backup-key";
import { FolderStore } from "../cli/keys/store";
import demo from "../environments/demo";
import { filesBelow } from "./support/files";
import { TestProject } from "./support/project";

const folder = mkdtempSync(join(tmpdir(), "natsform-make-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** npm and npx that only leave a trace. */
const trace = join(folder, "trace");
for (const name of ["npm", "npx"]) {
  writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@" >> ${trace}\n`);
  chmodSync(join(folder, name), 0o755);
}

function make(...args: string[]) {
  const PATH = [folder, process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH, MAKEFLAGS: "", MAKELEVEL: "" };
  return spawnSync("make", args, { cwd: packageRoot, env, encoding: "utf8" });
}

const whenMake = spawnSync("make", ["--version"]).status === 0 ? describe : describe.skip;
whenMake("make", () => {
  test("says that an environment does not exist before anything is installed or built", () => {
    const { status, stdout, stderr } = make("up", "ENV=nosuch");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^make: there is no environment nosuch; there are: aws-production demo .*territories\n/);
    expect(existsSync(trace)).toBe(false);
  });

  // What it would do, without doing it.
  const planned = (...args: string[]) =>
    [...make("-n", ...args).stdout.matchAll(/natsform (.+)/g)].map(([, all]) => all);

  test("up installs the tools of its environment, and nothing else", () => {
    expect(planned("up", "ENV=territories")).toEqual([
      "tools install --environment territories",
      "up territories",
      "verify territories",
      "deploy territories --emulate --if-possible",
    ]);
  });

  test("every target for tools is a call of natsform, with names that the list has", () => {
    const targets = ["tools", "deploy-tools", "checkov", "kubernetes-tools", "natsconf", "old-servers"];
    const calls = targets.map((target) => planned(target));
    expect(calls).toEqual(targets.map(() => [expect.stringMatching(/^tools install /)]));
    const names = calls.flat().flatMap((call = "") =>
      call
        .split(" ")
        .slice(2)
        .filter((word) => !word.startsWith("-")),
    );
    for (const name of names) expect([name, toolsNamed(name).length > 0]).toEqual([name, true]);
    expect(planned("test")).toEqual(["tools install --for test"]);
  });

  test("packages go into the checkout, and down keeps backups and their key alone, as the README says", async () => {
    const readme = readFileSync(join(packageRoot, "README.md"), "utf8").replaceAll("\n", " ");
    expect(readme).toContain("npm packages go to `node_modules`.");
    expect(readme).toContain("`make down` stops everything and leaves nothing behind but backups and their key.");
    const installed = make("-n", "-B", "node_modules/.installed").stdout;
    expect(installed).toMatch(/^npm install --no-save /);
    expect(installed).not.toMatch(/--prefix|--global|npm_config/);
    const [command = ""] = planned("down");
    const project = new TestProject();
    try {
      project.write(demo);
      const { environment, keys } = twinFolder(project.root, "demo");
      await ensureBackupKey(new FolderStore(keys));
      writeFileAtomically(join(environment, "backups/one/data"), "what was backed up");
      await project.run(...command.split(" "));
      expect(filesBelow(environment).sort()).toEqual(["backup-key.kept", "backups/one/data"]);
    } finally {
      await project.remove();
    }
  });
});
