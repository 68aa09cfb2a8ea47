import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { plainText } from "../../cli/core/hosts";
import { table } from "../../cli/core/output";
import demo from "../../environments/demo";
import { checkout } from "../support/cli-run";
import { TestProject } from "../support/project";

describe("a table", () => {
  test("has columns as wide as what stands in them, characters of two columns included", () => {
    expect(
      table(
        [
          ["名前", "x"],
          ["ab", "y"],
          ["abcde", "z"],
        ],
        80,
      ),
    ).toBe("名前   x\nab     y\nabcde  z");
  });

  test("fits the terminal: its last column goes on below itself", () => {
    const text = table([["name", `one two ${"three ".repeat(6).trim()}`]], 34);
    expect(text.split("\n")).toEqual(["name  one two three three three", "      three three three"]);
  });

  test("has no end in a pipe", () => {
    expect(table([["a", "b ".repeat(200)]], Number.POSITIVE_INFINITY).split("\n")).toHaveLength(1);
  });
});

test("plain output says what begins, what happens and what was done", () => {
  expect(plainText({ code: "step-begun", title: "Servers" })).toBe("Servers ...");
  expect(plainText({ code: "step-progress", title: "Servers", text: "starts a" })).toBe("  starts a");
  expect(plainText({ code: "step-done", title: "Servers", text: "3 started" })).toBe("✔ Servers: 3 started");
  expect(plainText({ code: "plan", stack: "s", changes: 1, text: "+ x" })).toBe("s: 1 change\n\n+ x\n");
});

describe("the command line", () => {
  const project = new TestProject();
  beforeAll(() => project.write(demo));
  afterAll(() => project.remove());
  const shell = (script: string) =>
    spawnSync("bash", ["-c", script], {
      cwd: project.root,
      encoding: "utf8",
      env: { ...process.env, NATSFORM: join(checkout, "bin/natsform.js"), NODE: process.execPath },
    });

  test("ends quietly when nobody reads on", () => {
    const { stdout, stderr } = shell('set -o pipefail; "$NODE" "$NATSFORM" topology demo --json | head -1');
    expect({ stdout, stderr }).toEqual({ stdout: "{\n", stderr: "" });
  });

  const onLinux = process.platform === "linux" ? test : test.skip;
  onLinux("says that what it prints finds no room", () => {
    const { status, stderr } = shell('"$NODE" "$NATSFORM" topology demo --json > /dev/full');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^error: .*no space.*\n {2}fix: /) });
  });

  test.each([
    [["render", "demo", "--server", "none", "--json"], 2],
    [["streams", "plan", "demo", "--json"], 1],
  ])("natsform %j fails once, with %d", async (args, expected) => {
    const { code, stdout, stderr } = await project.natsform(...args);
    expect(code).toBe(expected);
    if (expected === 2) return;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { code: "refused", message: "demo has no twin on this machine", fix: "natsform up demo" },
    });
  });

  test("an environment that is not right is JSON, too", async () => {
    project.write({ name: "bad" });
    const { code, stdout } = await project.natsform("topology", "bad", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: {
        code: "environment",
        file: "environments/bad.ts",
        problems: expect.arrayContaining([expect.anything()]),
      },
    });
  });

  test.each([
    [["down", "dmo"], "did you mean demo?"],
    [["logs", "dmo"], "did you mean demo?"],
    [["status", "nothing-like-it"], "known: bad, demo"],
  ])("natsform %j is an error that names what is there", async (args, fix) => {
    const { code, stderr } = await project.natsform(...args);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: there is no such environment: ${args[1]}\n  fix: ${fix}\n`,
    });
  });
});
