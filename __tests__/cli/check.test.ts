import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import type { EnvironmentInput } from "../../model/config";
import { checkout, contents, natsform } from "../support/cli-run";
import { TestProject } from "../support/project";

const project = new TestProject();
afterAll(() => project.remove());
const write = (name: string, text: string) => {
  mkdirSync(join(project.root, "environments"), { recursive: true });
  writeFileSync(join(project.root, "environments", `${name}.ts`), text);
};

describe("the environments that are shipped", () => {
  test("pass, and say so in one line each", async () => {
    const { code, stdout, stderr } = await natsform(checkout, ["check"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["aws-production", "demo", "ec2-production", "kubernetes-production", "territories"])
      expect(stdout).toMatch(new RegExp(`^${name}: 0 errors, \\d+ warnings?, \\d+ acknowledged$`, "m"));
  });

  test("give a machine places, rules and fixes", async () => {
    const { code, stdout } = await natsform(checkout, ["check", "--json", "territories", "demo", "demo"]);
    expect(code).toBe(0);
    const results = JSON.parse(stdout);
    expect(results.map(({ environment }: { environment: string }) => environment)).toEqual(["territories", "demo"]);
    expect(results[0]).toMatchObject({ ok: true, problems: [], lint: { findings: expect.any(Array) } });
    expect(results[0].lint.acknowledged).toContainEqual(
      expect.objectContaining({ rule: "stream-spans-territories", expires: "2027-11-01", reason: expect.any(String) }),
    );
  });
});

describe("a wrong configuration ends with 1 and writes nothing", () => {
  const some = [["check"], ["up"], ["keys", "init"]];
  const all = [...some, ["topology"], ["render"], ["keys", "example"], ["keys", "rotate"]];

  test.each([
    [
      "a slip in a key",
      "slip",
      JSON.stringify({ ...demo, name: "slip" }).replace('"maxPayload"', '"maxPaylod"'),
      ['nats.maxPaylod: unknown key; got "8MiB"\n    fix: did you mean "maxPayload"?'],
    ],
    [
      "a unit and a reference that are wrong",
      "unit",
      JSON.stringify({ ...demo, name: "unit" })
        .replace('"8MiB"', '"8MB"')
        .replace('"cluster":"core"', '"cluster":"cora"'),
      [
        'nats.maxPayload: must be a size such as 512KiB, 8MiB or 100GiB; got "8MB"',
        'streams[0].cluster: names no cluster of this environment; got "cora"\n    fix: did you mean "core"?',
        "2 errors",
      ],
    ],
    ["no TypeScript", "syntax", '{\n  name: "syntax",\n  clusters: { core: ; } }', ["does not run: 3:21: Unexpected"]],
    [
      "a file that throws",
      "throws",
      '(() => {\n  throw new Error("no region");\n})()',
      ["does not run: 2:9: no region"],
    ],
    [
      "a file that throws nothing",
      "nothing",
      "(() => {\n  throw undefined;\n})()",
      ["does not run: it throws nothing"],
    ],
    [
      "a value that refers to itself",
      "cycle",
      "(() => {\n  const a = {};\n  return Object.assign(a, { a });\n})()",
      ["a: unknown key; got {"],
    ],
  ])("%s", async (_, name, source, said) => {
    write(name, `export default ${source};\n`);
    const before = contents(project.root);
    for (const command of name === "unit" ? all : some) {
      const { code, stdout, stderr } = await natsform(project.root, [...command, name]);
      expect({ command, code }).toEqual({ command, code: 1 });
      for (const text of said) expect(stdout + stderr).toContain(text);
      expect(stdout + stderr).toContain(`environments/${name}.ts: `);
      // The user's own error, so neither a stack nor a word of ours.
      expect(stdout + stderr).not.toMatch(/\n\s+at |node_modules|report it/);
    }
    expect(contents(project.root)).toEqual(before);
  });

  test("and up makes nothing of an environment that lint refuses", async () => {
    write(
      "unfit",
      `export default ${JSON.stringify({ ...demo, name: "unfit", identity: { ...demo.identity, maxLifetime: "25h" } })};`,
    );
    const before = contents(project.root);
    const { code, stderr } = await natsform(project.root, ["up", "unfit"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("unfit has one lint error") });
    expect(contents(project.root)).toEqual(before);
  });

  test("with --json, the file, places and values of what is wrong", async () => {
    write(
      "json",
      `export default ${JSON.stringify({ ...demo, name: "json", streams: [{ cluster: "core", name: 5 }] })};`,
    );
    const { code, stdout, stderr } = await natsform(project.root, ["check", "--json", "json"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([
      {
        environment: "json",
        file: "environments/json.ts",
        ok: false,
        problems: [
          { path: ["streams", 0, "name"], got: 5, message: "must be UPPER_SNAKE, at most 32 characters" },
          { path: ["streams", 0, "subjects"], message: "is required: a list" },
        ],
      },
    ]);
  });
});

test("lint errors end with 1, each with its place, rule and fix; others are judged all the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "natsform-check-"));
  try {
    mkdirSync(join(folder, "environments"));
    const good = { ...demo, name: "good" };
    const bad = { ...demo, name: "bad", identity: { ...demo.identity, maxLifetime: "25h" } };
    for (const environment of [good, bad])
      writeFileSync(
        join(folder, "environments", `${environment.name}.ts`),
        `export default ${JSON.stringify(environment)};`,
      );
    const { code, stdout } = await natsform(folder, ["check"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^bad: 1 error,/m);
    expect(stdout).toMatch(/^ {2}✖ identity\.maxLifetime: .* \(connection-lifetime\)\n {4}fix: /m);
    expect(stdout).toMatch(/^good: 0 errors/m);
    const [judged] = JSON.parse((await natsform(folder, ["check", "bad", "--json"])).stdout);
    expect(judged).toMatchObject({ environment: "bad", ok: false, problems: [] });
    expect(judged.lint.findings).toContainEqual(
      expect.objectContaining({ rule: "connection-lifetime", severity: "error", at: "identity.maxLifetime" }),
    );
    expect((await natsform(folder, ["check", "good"])).code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("trust files, values of the chart and rules are judged together, each whatever the others are", async () => {
  const { nats } = kubernetesProduction.clusters;
  const clusters = { nats: { ...nats, platform: { ...nats?.platform, chart: { values: { podTemplat: {} } } } } };
  project.write({ ...kubernetesProduction, name: "whole" });
  await project.run("keys", "example", "whole");
  expect(JSON.parse(await project.run("check", "whole", "--json"))).toMatchObject([
    { ok: true, lint: { findings: [{ rule: "trust-file-example", severity: "warning" }] } },
  ]);
  const identity = { ...kubernetesProduction.identity, maxLifetime: "25h" };
  const trustPath = join(project.root, "environments", "whole.trust.json");
  writeFileSync(trustPath, readFileSync(trustPath, "utf8").replace('"whole"', '"half"'));
  project.write({ ...kubernetesProduction, name: "whole", clusters, identity } as EnvironmentInput);
  const { code, stdout } = await project.natsform("check", "whole");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^environments\/whole\.ts: 1 error\n.*clusters\.nats\.platform\.chart\.values\.podTemplat: /m);
  expect(stdout).toMatch(/^environments\/whole\.trust\.json: \d error/m);
  expect(stdout).toMatch(/^ {2}✖ identity\.maxLifetime: .* \(connection-lifetime\)\n {4}fix: /m);
  const [judged] = JSON.parse((await project.natsform("check", "whole", "--json")).stdout);
  expect(judged).toMatchObject({
    environment: "whole",
    ok: false,
    file: "environments/whole.ts",
    problems: [{ path: ["clusters", "nats", "platform", "chart", "values", "podTemplat"] }],
    trust: { file: "environments/whole.trust.json" },
  });
  appendFileSync(join(project.root, "environments", "whole.ts"), "}");
  appendFileSync(trustPath, "}");
  const broken = (await project.natsform("check", "whole")).stdout;
  expect(broken).toMatch(/^environments\/whole\.ts: 1 error\n.*does not run/m);
  expect(broken).toMatch(/^environments\/whole\.trust\.json: 1 error\n.*is not JSON/m);
});

test("a trust file that does not fit its environment is a problem of the trust file", async () => {
  project.write({ ...demo, name: "trusted" });
  await project.run("keys", "example", "trusted");
  expect((await project.natsform("check", "trusted")).code).toBe(0);
  project.write({ ...demo, name: "trusted", identity: { ...demo.identity, services: {} } });
  const { code, stdout } = await project.natsform("check", "trusted");
  expect(code).toBe(1);
  expect(stdout).toContain("environments/trusted.trust.json: 2 errors");
  expect(stdout).toContain("users.service-main-api: is in no configuration any more");
  appendFileSync(join(project.root, "environments", "trusted.trust.json"), "}");
  expect((await project.natsform("check", "trusted")).stdout).toMatch(/trusted\.trust\.json: 1 error\n.*is not JSON/);
});

describe("files of environments/ that nobody reads", () => {
  const other = new TestProject();
  afterAll(() => other.remove());
  const put = (file: string, text = "") => writeFileSync(join(other.root, "environments", file), text);
  const misnamed = ["Production.ts", "demo.js", "gone.trust.json", "prod_eu.ts"];

  test("are errors with the name that they should have, beside the environments that are read", async () => {
    other.write(demo);
    for (const file of [...misnamed, ".DS_Store", "demo.ts~", ".demo.ts.swp"]) put(file);
    const { code, stdout } = await other.natsform("check");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^demo: 0 errors/m);
    for (const file of misnamed) expect(stdout).toContain(`environments/${file}: 1 error\n`);
    expect(stdout).toContain("fix: rename it to prod-eu.ts");
    expect(stdout).not.toMatch(/DS_Store|~|swp/);
    const results = JSON.parse((await other.natsform("check", "--json")).stdout);
    expect(results.map(({ environment, file, ok }: Record<string, unknown>) => [environment ?? file, ok])).toEqual([
      ["demo", true],
      ...misnamed.map((file) => [`environments/${file}`, false]),
    ]);
  });

  test("are no matter of who asks for an environment by its name", async () => {
    expect((await other.natsform("check", "demo")).code).toBe(0);
  });

  test("are named where there is no environment at all", async () => {
    rmSync(join(other.root, "environments", "demo.ts"));
    const { code, stdout, stderr } = await other.natsform("check");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain("environments/Production.ts: 1 error");
  });
});

test("what a file prints, does to its process or never ends is its own problem, and --json stays JSON", async () => {
  const wild = new TestProject();
  try {
    wild.write({ ...demo, name: "calm" });
    const put = (name: string, text: string) => writeFileSync(join(wild.root, "environments", `${name}.ts`), text);
    put("endless", "for (;;);");
    put("exits", "process.exit(3);");
    put("noisy", `console.log("[]"); export default ${JSON.stringify({ ...demo, name: "noisy" })};`);
    put("rejects", `export default Promise.reject(new Error("no"));`);
    put("zone", `export default ${JSON.stringify({ ...demo, name: "zone" })};\nprocess.exitCode = 9;`);
    const { code, stdout, stderr } = await wild.natsform("check", "--json");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "[]\n" });
    const said = (JSON.parse(stdout) as { environment: string; ok: boolean; problems: { message: string }[] }[]).map(
      ({ environment, ok, problems }) => [environment, ok, problems.map(({ message }) => message).join()],
    );
    expect(said).toEqual([
      ["calm", true, ""],
      ["endless", false, "does not end within 10 seconds"],
      ["exits", false, "ends the process with code 3"],
      ["noisy", true, ""],
      ["rejects", false, expect.stringContaining("rejects a promise that nobody waits for: 1:")],
      ["zone", true, ""],
    ]);
  } finally {
    await wild.remove();
  }
});
