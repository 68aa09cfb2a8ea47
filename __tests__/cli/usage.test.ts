import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";
import { checkout, natsform } from "../support/cli-run";
import type { CommandResult } from "../support/project";

const empty = mkdtempSync(join(tmpdir(), "natsform-usage-"));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

/** Names of the commands that a help text lists. */
function commandsOf(help: string): string[] {
  const [, list = ""] = help.split(/-h, --help .*\n/);
  const [own = ""] = list.split("\nFirst steps:\n");
  return [...own.matchAll(/^ {2}([a-z-]+)/gm)].map((match) => match[1] ?? "").filter((name) => name !== "help");
}

let help: CommandResult;
beforeAll(async () => {
  help = await natsform(checkout, ["--help"]);
});

test("help lists every command, and says what exit codes mean", () => {
  expect(help).toMatchObject({ code: 0, stderr: "" });
  const twin = ["up", "down", "status", "logs", "token", "contexts", "verify"];
  expect(commandsOf(help.stdout)).toEqual(
    expect.arrayContaining(["doctor", "check", "topology", "render", "keys", "streams", ...twin]),
  );
  expect(help.stdout).toMatch(/Exit codes: 0 success, 1 .*, 2 wrong usage/);
});

test("every command and sub-command explains itself", async () => {
  const commands = commandsOf(help.stdout);
  const texts = await Promise.all(commands.map((name) => natsform(checkout, [name, "--help"])));
  for (const [i, { code, stdout }] of texts.entries()) {
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: natsform ${commands[i]}[^\\n]*\\n\\n\\w.*\\w`, "s"));
  }
  const keys = texts[commands.indexOf("keys")]?.stdout ?? "";
  expect(commandsOf(keys)).toEqual(expect.arrayContaining(["init", "example", "rotate", "show", "push"]));
  for (const name of commandsOf(keys)) {
    expect((await natsform(checkout, ["keys", name, "--help"])).stdout).toContain(`Usage: natsform keys ${name}`);
  }
});

test("the version is that of the package", async () => {
  expect((await natsform(checkout, ["--version"])).stdout).toBe(`${version}\n`);
});

test.each([
  [[], "Usage: natsform"],
  [["frobnicate"], "unknown command 'frobnicate'"],
  [["chekc"], "Did you mean check?"],
  [["check", "--jsno"], "Did you mean --json?"],
  [["keys"], "Usage: natsform keys"],
  [["keys", "inti", "demo"], "Did you mean init?"],
  [["keys", "push", "demo"], "required option '--to <url>'"],
  [["render"], "missing required argument 'environment'"],
  [["token", "demo"], "required option '--sub <subject>'"],
  [["topology", "demo", "--mermiad"], "Did you mean --mermaid?"],
])("natsform %j is wrong usage", async (args, said) => {
  const { code, stderr, stdout } = await natsform(checkout, args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(said);
});

test.each([["check"], ["topology", "demo"], ["render", "demo"], ["keys", "show", "demo"], ["up", "demo"], ["status"]])(
  "outside of a project, natsform %s %s says so",
  async (...args) => {
    const { code, stderr, stdout } = await natsform(
      empty,
      args.filter((arg) => arg !== undefined),
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "error: there is no environments/ folder here or above\n  fix: run natsform inside a project\n",
    );
  },
);

test("a project without environments says so", async () => {
  const project = join(empty, "project");
  mkdirSync(join(project, "environments"), { recursive: true });
  expect(await natsform(project, ["check"])).toEqual({
    code: 1,
    stdout: "",
    stderr: "error: environments/ holds no environment\n",
  });
});

test.each([
  ["check", "demoo"],
  ["topology", "demoo"],
  ["render", "demoo"],
  ["up", "demoo"],
  ["keys", "init", "demoo"],
])("natsform %s %s %s names the environment that was meant", async (...args) => {
  const { code, stderr, stdout } = await natsform(
    checkout,
    args.filter((arg) => arg !== undefined),
  );
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/there is no such environment; got "demoo"\n {4}fix: did you mean "demo"\?/);
});

test("inside a folder of the project, the project is found", async () => {
  const { code, stdout } = await natsform(join(checkout, "model", "config"), ["topology", "demo"]);
  expect(code).toBe(0);
  expect(stdout).toContain("environment demo");
});

test("without a terminal nothing is coloured or moved", async () => {
  for (const args of [["--help"], ["check"], ["topology", "demo"], ["doctor"], ["frobnicate"]]) {
    const { stdout, stderr } = await natsform(checkout, args, { FORCE_COLOR: undefined });
    expect(stdout + stderr).not.toContain("\u001b");
  }
});
