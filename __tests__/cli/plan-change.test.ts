import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChangePlan } from "../../model/change";
import { checkout, contents, natsform } from "../support/cli-run";
import { eventually } from "../support/eventually";
import { jsonOf } from "../support/project";
import { threeServers } from "../support/twin-environment";

/** A repository with a project in a folder of it, and a temporary folder that commands use and leave empty. */
const top = mkdtempSync(join(tmpdir(), "natsform-plan-change-"));
const project = join(top, "nats");
const temporary = join(top, "tmp");
const git = (...args: string[]) =>
  execFileSync("git", ["-C", top, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    encoding: "utf8",
  });
const write = (file: string, text: string) => {
  mkdirSync(join(top, file, ".."), { recursive: true });
  writeFileSync(join(top, file), text);
};
const environment = threeServers("demo");
const source = (parts: string) => `import { limits } from "../../shared/limits";
import { flag } from "some-package";
export default { ...${JSON.stringify(environment)}, nats: limits, ${parts} ...flag };`;
const limits = (maxPayload: string) => `export const limits = { maxPayload: "${maxPayload}" };\n`;

beforeAll(() => {
  mkdirSync(temporary, { recursive: true });
  // Installed and not versioned, as packages are.
  write("nats/node_modules/some-package/index.js", "exports.flag = {};\n");
  write(".gitignore", "node_modules\ntmp\n");
  write("nats/environments/demo.ts", source(""));
  write("shared/limits.ts", limits("1MiB"));
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "one");
  git("tag", "one");
  write("shared/limits.ts", limits("2MiB"));
  git("commit", "-qam", "two");
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const plan = (...args: string[]) => natsform(project, ["plan-change", "demo", ...args], { TMPDIR: temporary });
const left = () => readdirSync(temporary).filter((name) => name.startsWith("natsform-revision-"));

describe("a revision of git", () => {
  test("is loaded with what it imports, of the repository and of packages; nothing is left, and nothing is touched", async () => {
    const before = { files: contents(join(top, ".git")), status: git("status", "--porcelain") };
    const { code, stdout, stderr } = await plan("--from", "one");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    expect(stdout).toContain("core-0, core-1, core-2: reload\n    max_payload: reload\n");
    expect(left()).toEqual([]);
    expect({ files: contents(join(top, ".git")), status: git("status", "--porcelain") }).toEqual(before);
  });

  test("without a difference ends with 0", async () => {
    expect(await plan("--from", "HEAD")).toEqual({ code: 0, stdout: "demo: nothing changes\n", stderr: "" });
  });

  test("is data with --json, the exit code the same", async () => {
    const result = await plan("--from", "one", "--json");
    const { servers } = jsonOf<ChangePlan>(result);
    expect(result.code).toBe(2);
    expect(servers.map(({ server, effect }) => [server, effect])).toEqual(
      [0, 1, 2].map((i) => [`core-${i}`, "reload"]),
    );
  });

  test("that no single step leads from ends with 3, and says the steps", async () => {
    write(
      "nats/environments/demo.ts",
      source('clusters: { core: { ...environment.clusters.core, natsName: "x" } },').replace(
        "environment.clusters",
        `(${JSON.stringify(environment.clusters)})`,
      ),
    );
    const { code, stdout } = await plan("--from", "one");
    git("checkout", "-q", ".");
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringContaining('keep natsName: "demo-core"') });
  });

  test.each([
    ["that is none", "no-such-thing", "no-such-thing is no file, no environment and no revision of git"],
    ["that would be an option", "--output=x", "--output=x is no file"],
  ])("%s is refused", async (_, from, said) => {
    const { code, stderr } = await plan(`--from=${from}`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
    expect(left()).toEqual([]);
  });

  test("at which the environment is wrong: every problem, its place, and nothing left", async () => {
    write("nats/environments/demo.ts", "export default { name: 'demo', clustres: {} };");
    git("commit", "-qam", "wrong");
    git("revert", "--no-edit", "HEAD");
    const { code, stderr } = await plan("--from", "HEAD~1");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("clustres") });
    expect(stderr).toContain("environments/demo.ts at HEAD~1");
    expect(left()).toEqual([]);
  });

  test("before the environment was made: everything is new", async () => {
    write("nats/environments/later.ts", source("").replace('"name":"demo"', '"name":"later"'));
    const { code, stdout } = await natsform(project, ["plan-change", "later", "--from", "one"], { TMPDIR: temporary });
    expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringContaining("core-0, core-1, core-2: new") });
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ended by %s leaves nothing", async (signal) => {
    write("nats/environments/slow.ts", source("").replace('"name":"demo"', '"name":"slow"'));
    git("add", ".");
    // It is evaluated for as long as it may.
    write("nats/environments/slow.ts", `while (true);`);
    git("commit", "--allow-empty", "-qam", "slow");
    write("nats/environments/slow.ts", source("").replace('"name":"demo"', '"name":"slow"'));
    const args = [join(checkout, "bin/natsform.js"), "plan-change", "slow", "--from", "HEAD"];
    const child = spawn(process.execPath, args, {
      cwd: project,
      detached: true,
      env: { ...process.env, TMPDIR: temporary },
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    await eventually("the revision is there", () =>
      left().some((name) => existsSync(join(temporary, name, "tree/nats"))),
    );
    const ended = new Promise((resolve) => child.once("close", (code, by) => resolve(code ?? by)));
    // As a terminal does: to everything that the command has started.
    process.kill(-(child.pid ?? 0), signal);
    expect({ ended: await ended, stderr }).toEqual({
      ended: signal === "SIGINT" ? 130 : 143,
      stderr: expect.stringMatching(/^interrupted/),
    });
    expect(left()).toEqual([]);
  });
});

test("another environment, or a file, is compared as if it had the name", async () => {
  write("elsewhere/environments/other.ts", `export default ${JSON.stringify(threeServers("other"))};`);
  write(
    "nats/environments/beside.ts",
    `export default ${JSON.stringify({ ...threeServers("beside"), nats: { maxPayload: "2MiB" } })};`,
  );
  expect((await plan("--from", "beside")).stdout).toBe("demo: nothing changes\n");
  expect((await plan("--from", "../elsewhere/environments/other.ts")).stdout).toContain("max_payload: reload");
});

test("a project in no repository needs a file", async () => {
  const alone = mkdtempSync(join(tmpdir(), "natsform-alone-"));
  try {
    mkdirSync(join(alone, "environments"));
    writeFileSync(join(alone, "environments/demo.ts"), `export default ${JSON.stringify(environment)};`);
    const { code, stderr } = await natsform(alone, ["plan-change", "demo", "--from", "HEAD"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("is in no git repository") });
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
});
