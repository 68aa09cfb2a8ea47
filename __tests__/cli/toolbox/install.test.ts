import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordOf } from "../../../cli/core/processes";
import { putInPlace } from "../../../cli/core/toolbox/workshop";
import { defaultRelease } from "../../../model/config/server-releases";
import { checkout, natsform } from "../../support/cli-run";
import { eventually } from "../../support/eventually";
import { FakeMachine } from "../../support/fake-makers";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});
afterEach(() => machine.remove());

const crane = "crane-0.22.1";
const moto = "moto-5.2.1";
const install = (args: string[], fake?: Parameters<FakeMachine["env"]>[0]) =>
  natsform(checkout, ["tools", "install", ...args], machine.env(fake));

/** Begins to install, and waits until Go is half-way. */
async function begin(names: string[], ...options: string[]): Promise<ChildProcess> {
  const args = [join(checkout, "bin/natsform.js"), "tools", "install", ...names, ...options];
  const child = spawn(process.execPath, args, { env: machine.env("hang"), stdio: ["ignore", "ignore", "pipe"] });
  await eventually("all are being made", () => machine.pids().length === names.length);
  expect(machine.files("making")).toHaveLength(names.length);
  return child;
}

const gone = (pids: number[]) => eventually("their end", () => pids.every((pid) => recordOf(pid).started === "gone"));

test("a line when a tool begins, and one when it ends with the time that it took; nothing moves", async () => {
  const { code, stdout, stderr } = await install(["crane", "moto"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.trim().split("\n").sort()).toEqual([
    "crane 0.22.1: building it with Go",
    expect.stringMatching(/^crane 0\.22\.1: done after \d+ s$/),
    expect.stringMatching(/^moto 5\.2\.1: done after \d+ s$/),
    "moto 5.2.1: installing its Python packages",
  ]);
  expect(machine.files("bin")).toEqual([crane]);
  expect(machine.files("python")).toEqual([moto]);
  expect(machine.files("making")).toEqual([]);
});

test("what is there is not made again", async () => {
  await install(["crane", "moto"]);
  const runs = machine.pids().length;
  expect(await install(["crane", "moto"])).toEqual({
    code: 0,
    stdout: "already here: crane 0.22.1, moto 5.2.1\n",
    stderr: "",
  });
  expect(machine.pids()).toHaveLength(runs);
});

test("programs of a Python environment name the interpreter that they will have", async () => {
  await install(["moto"]);
  expect(machine.read(`python/${moto}/bin/moto_server`)).toBe(`#!${machine.cache}/python/${moto}/bin/python3\n`);
});

test("a killed run leaves nothing that looks whole, and the next one removes what it left", async () => {
  const child = await begin(["crane", "moto"]);
  child.kill("SIGKILL");
  await once(child, "exit");
  for (const pid of machine.pids()) process.kill(pid, "SIGKILL");
  expect(await gone(machine.pids())).toBe(true);
  expect(machine.files("bin")).toEqual([]);
  expect(machine.files("python")).toEqual([]);
  const { stdout } = await natsform(checkout, ["tools", "list"], machine.env());
  for (const name of ["crane", "moto"]) expect(stdout).toMatch(new RegExp(`^- {2}${name} .* not found`, "m"));

  expect((await install(["crane"])).code).toBe(0);
  expect(machine.files("bin")).toEqual([crane]);
  expect(machine.files("making")).toEqual([]);
});

test("an interrupted run ends what it has started, and fails whatever it was told to put up with", async () => {
  const child = await begin(["crane", "moto"], "--if-possible");
  let stderr = "";
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  const start = performance.now();
  // As from a terminal, whose interrupt reaches npx as well, which hands it on.
  child.kill("SIGINT");
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  // What hangs does so for a minute.
  expect(performance.now() - start).toBeLessThan(30_000);
  expect(stderr).toContain("✖ crane 0.22.1 (pulls and pushes images");
  expect(stderr).toContain("    interrupted\n    fix: natsform tools install crane\n");
  expect(await gone(machine.pids())).toBe(true);
  expect([machine.files("bin"), machine.files("python"), machine.files("making")]).toEqual([[], [], []]);
});

test("two at once do not disturb each other", async () => {
  for (const name of ["crane", "moto"]) {
    const results = await Promise.all([install([name], "both"), install([name], "both")]);
    for (const result of results) expect(result).toMatchObject({ code: 0, stderr: "" });
    for (const pid of machine.pids()) expect(await gone([pid])).toBe(true);
    machine.forgetRuns();
  }
  expect(machine.files("bin")).toEqual([crane]);
  expect(machine.read(`bin/${crane}`)).toMatch(/^#!.*\n.*;\n$/);
  expect(machine.read(`python/${moto}/bin/moto_server`)).toContain(`/python/${moto}/bin/python3`);
  expect(machine.files("making")).toEqual([]);
});

test("a whole folder that another command has put there meanwhile is left alone: it may be in use", () => {
  const [made, place] = ["made", "place"].map((name) => join(machine.root, name)) as [string, string];
  for (const folder of [made, place]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "whose"), folder);
  }
  putInPlace(made, place, () => true);
  expect(readFileSync(join(place, "whose"), "utf8")).toBe(place);
  putInPlace(made, place, () => false);
  expect(readFileSync(join(place, "whose"), "utf8")).toBe(made);
});

test("a folder that is not whole is replaced", async () => {
  mkdirSync(join(machine.cache, "python", moto, "bin"), { recursive: true });
  for (const name of ["moto_server", "python3"])
    writeFileSync(join(machine.cache, "python", moto, "bin", name), "", { mode: 0o755 });
  expect((await install(["moto"])).code).toBe(0);
  expect(machine.read(`python/${moto}/bin/moto_server`)).toMatch(/^#!/);
});

describe("failures", () => {
  test("say the tool, the reason and the fix, once; what does not fail is installed", async () => {
    const { code, stdout, stderr } = await install(["pebble", "crane"], "fail");
    expect(code).toBe(1);
    expect(stderr).toBe(
      [
        "error: pebble 2.10.1 (the ACME server beside the emulated AWS) cannot be installed: go: example.com/pebble@v1.0.0: no such host",
        "  fix: see that Go reaches its modules (go env GOPROXY); natsform tools install pebble\n",
      ].join("\n"),
    );
    expect(stdout).toMatch(/^pebble 2\.10\.1: failed after \d+ s$/m);
    expect(stdout).not.toContain("no such host");
    expect(machine.files("bin")).toEqual([crane]);
    expect(machine.files("making")).toEqual([]);
  });

  test("of pip are its errors, without its warnings", async () => {
    const { stderr } = await install(["moto"], "fail");
    expect(stderr).toBe(
      [
        "error: moto 5.2.1 (the emulated AWS) cannot be installed: ERROR: No matching distribution found for attrs==26.1.0",
        "  fix: see that pip reaches its packages (pip config list); natsform tools install moto\n",
      ].join("\n"),
    );
  });

  test("where it is only wanted if possible, they are said and are none", async () => {
    const { code, stderr } = await install(["moto", "pebble", "--if-possible"], "fail");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^2 tools cannot be installed:\n {2}✖ moto 5\.2\.1 \(the emulated AWS\)\n {4}ERROR: /);
  });

  test("are rows for a program", async () => {
    const { code, stdout, stderr } = await install(["pebble", "crane", "--json"], "fail");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([
      {
        name: "pebble",
        version: "2.10.1",
        path: null,
        made: false,
        seconds: expect.any(Number),
        reason: "go: example.com/pebble@v1.0.0: no such host",
        fix: expect.any(String),
      },
      {
        name: "crane",
        version: "0.22.1",
        path: join(machine.cache, "bin", crane),
        made: true,
        seconds: expect.any(Number),
      },
    ]);
  });

  test("a program that is not what was asked for is not taken for it", async () => {
    const { code, stderr } = await install(["nats-server"], "wrong");
    expect(code).toBe(1);
    expect(stderr).toContain(`what was made does not run, or is not ${defaultRelease}: `);
  });

  test("without Go the reason is said once for all, and nothing is begun", async () => {
    machine.remove();
    machine = new FakeMachine(["python3"]);
    const { code, stdout, stderr } = await install(["pebble", "crane", "moto"]);
    expect(code).toBe(1);
    expect(stdout.split("\n").filter((line) => !line.startsWith("moto"))).toEqual([""]);
    expect(stderr).toBe(
      [
        "error: 2 tools cannot be installed:",
        "  ✖ pebble 2.10.1 (the ACME server beside the emulated AWS)",
        "  ✖ crane 0.22.1 (pulls and pushes images; the emulated AWS does without)",
        "    go is not on PATH",
        "    fix: go 1.26 or later: go.dev/dl or the system's packages\n",
      ].join("\n"),
    );
    expect(machine.files("python")).toEqual([moto]);
  });

  test("a cache that cannot be written is named", async () => {
    writeFileSync(machine.cache, "");
    const { code, stderr } = await install(["crane"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`fix: NATSFORM_CACHE names another folder than ${machine.cache}; natsform tools install`);
  });

  test("a cache that is there and takes no folder is named, and nothing waits for it", async () => {
    const { code, stderr } = await natsform(checkout, ["tools", "install", "crane"], {
      ...machine.env(),
      NATSFORM_CACHE: "/proc",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("fix: NATSFORM_CACHE names another folder than /proc; natsform tools install");
  }, 120_000);
});

describe("which", () => {
  const begun = (stdout: string) =>
    [...stdout.matchAll(/^(\S+).*: (?:building|installing|taking)/gm)].map(([, name]) => name);

  test("without a name, the twin's", async () => {
    expect(begun((await install([])).stdout)).toEqual(["nats-server"]);
  });

  test("a job's", async () => {
    const { code, stdout } = await install(["--for", "deploy"]);
    expect(code).toBe(0);
    expect(begun(stdout).sort()).toEqual(["crane", "moto", "pebble"]);
  });

  test("an environment's: those of its twin, and of the emulated AWS where it is on AWS", async () => {
    expect(begun((await install(["--environment", "demo"])).stdout).sort()).toEqual(["moto", "nats-server", "pebble"]);
    machine.remove();
    machine = new FakeMachine();
    expect(begun((await install(["--environment", "territories"])).stdout)).toEqual(["nats-server"]);
  });

  test("without the emulated AWS an environment has its twin", async () => {
    const { code, stderr } = await install(["--environment", "demo"], "fail");
    expect(code).toBe(0);
    expect(stderr).toContain("✖ moto 5.2.1");
    expect(machine.files("bin")).toEqual([`nats-server-${defaultRelease}`]);
  });

  test("any release of nats-server", async () => {
    expect((await install(["nats-server@2.12.3"])).code).toBe(0);
    expect(machine.files("bin")).toEqual(["nats-server-2.12.3"]);
  });

  test.each([
    [["pebbel"], 'error: there is no tool "pebbel"\n  fix: did you mean "pebble"?\n'],
    [["frobnicate"], 'error: there is no tool "frobnicate"\n  fix: natsform tools list names them\n'],
    [
      ["terraform"],
      "error: terraform >= 1.11 (applies stacks) cannot be installed: terraform is not on PATH, and natsform does not install it\n  fix: terraform 1.11 or later: developer.hashicorp.com/terraform/install\n",
    ],
  ])("%j is refused before anything is made", async (names, text) => {
    expect(await install([...names])).toEqual({ code: 1, stdout: "", stderr: text });
    expect(machine.files("making")).toEqual([]);
  });

  test("an environment that does not exist is refused before anything is made", async () => {
    const { code, stderr, stdout } = await install(["--environment", "demoo"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain('did you mean "demo"?');
  });
});
