import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProviderMirrors, writeCliConfig } from "../../cli/core/provider-mirror";
import { Collected } from "../../cli/deploy/terraform-messages";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { natsform } from "../support/cli-run";
import { TestProject } from "../support/project";
import { missingTerraform } from "../support/terraform";

let project: TestProject;
beforeEach(() => {
  project = new TestProject();
  project.write(demo);
});
afterEach(() => project.remove());

const nothingMade = () => expect(existsSync(join(project.root, ".natsform"))).toBe(false);

test("without Terraform it says so in one line and makes nothing", async () => {
  const env = { PATH: "/nowhere" };
  const { code, stdout, stderr } = await natsform(project.root, ["deploy", "demo", "--emulate"], env);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toBe(
    "error: terraform is not on PATH\n  fix: terraform 1.11 or later: developer.hashicorp.com/terraform/install\n",
  );
  nothingMade();
});

test("without the tools of the emulated AWS it names them and the command that installs them", async () => {
  const env = { NATSFORM_CACHE: join(project.root, "empty") };
  const { code, stderr } = await natsform(project.root, ["deploy", "demo", "--emulate"], env);
  expect(code).toBe(1);
  expect(stderr).toContain("moto 5.2.1 is not installed; pebble 2.10.1 is not installed");
  expect(stderr).toContain("natsform tools install moto pebble\n");
  nothingMade();
});

test("what the machine lacks and what stands against the environment is said at once", async () => {
  project.write({ ...demo, identity: { ...demo.identity, maxLifetime: "25h" } });
  const { code, stderr } = await natsform(project.root, ["deploy", "demo", "--emulate"], { PATH: "/nowhere" });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: terraform is not on PATH\n.*\ndemo has one lint error:\n {2}✖ identity\.maxLifetime: /,
  );
  nothingMade();
});

test("where it is only wanted if possible, that is a row and no failure", async () => {
  const args = ["deploy", "demo", "--emulate", "--if-possible"];
  const { code, stdout, stderr } = await natsform(project.root, args, { PATH: "/nowhere" });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^- +deploy +demo +skipped: terraform is not on PATH\n$/);
  nothingMade();
});

test("an environment without AWS is not emulated, and told where it can run", async () => {
  project.write({ ...kubernetesProduction, name: "elsewhere" });
  const { code, stderr } = await project.natsform("deploy", "elsewhere", "--emulate");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: elsewhere has no cluster on aws-ecs: kubernetes\n {2}fix: natsform up elsewhere runs it here/,
  );
  nothingMade();
});

(missingTerraform("natsform deploy", "aws") ? describe.skip : describe)("to a real account", () => {
  test("nothing is done without anybody to ask", async () => {
    const { code, stderr } = await project.natsform("deploy", "demo");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /there is no terminal to ask for confirmation\n {2}fix: --yes confirms every change, --plan/,
    );
  });

  test("an example trust file is refused: nobody holds its keys", async () => {
    await project.run("keys", "example", "demo");
    const { code, stderr } = await project.natsform("deploy", "demo", "--yes");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /demo\.trust\.json: 1 error\n.*nobody holds the keys of an example.*\n +fix: natsform keys init demo/,
    );
  });

  test("nothing that is asked stands in a result for a program: it is an error, as JSON", async () => {
    const { code, stdout, stderr } = await project.natsform("deploy", "demo", "--json");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { message: "--json cannot ask for confirmation" } });
  });
});

describe("Terraform's providers", () => {
  const folder = mkdtempSync(join(tmpdir(), "natsform-mirror-"));
  const before = process.env.NATSFORM_PROVIDER_MIRROR;
  afterAll(() => {
    if (before === undefined) delete process.env.NATSFORM_PROVIDER_MIRROR;
    else process.env.NATSFORM_PROVIDER_MIRROR = before;
    rmSync(folder, { recursive: true, force: true });
  });

  test("are taken from a mirror that holds the pinned version, and from the registry otherwise", () => {
    const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
    const address = (name: string) => `registry.terraform.io/hashicorp/${name}`;
    const pinned = (name: string) =>
      (require(`@cdktf/provider-${name}/package.json`) as { cdktf: { provider: { version: string } } }).cdktf.provider
        .version;
    const unpacked = (name: string, version = pinned(name)) => {
      const own = join(folder, address(name), version, platform);
      mkdirSync(own, { recursive: true });
      return join(own, `terraform-provider-${name}_v${version}_x5`);
    };
    writeFileSync(unpacked("aws"), "a program");
    writeFileSync(unpacked("vault", "0.0.1"), "a program");
    // A folder without a program, or with an empty one, is what a download that was cut off leaves.
    writeFileSync(unpacked("kubernetes"), "");
    mkdirSync(join(folder, address("helm")), { recursive: true });
    writeFileSync(join(folder, address("helm"), `terraform-provider-helm_${pinned("helm")}_${platform}.zip`), "zip");
    process.env.NATSFORM_PROVIDER_MIRROR = folder;
    const [mirror] = findProviderMirrors();
    expect(mirror).toEqual({ folder, providers: [address("aws"), address("helm")] });
    const config = readFileSync(writeCliConfig(join(folder, "work"), mirror && [mirror]), "utf8");
    const list = `["${address("aws")}", "${address("helm")}"]`;
    expect(config).toContain(`path    = "${folder}"\n    include = ${list}`);
    expect(config).toContain(`direct {\n    exclude = ${list}`);
    // Terraform holds what is overridden to no lock file: on an emulated AWS alone.
    expect(config).not.toContain("dev_overrides");
    const inPlace = readFileSync(writeCliConfig(join(folder, "work"), mirror && [mirror], true), "utf8");
    const unpackedAws = join(folder, address("aws"), pinned("aws"), platform);
    expect(inPlace).toContain(`dev_overrides {\n    "${address("aws")}" = "${unpackedAws}"\n  }\n`);
    expect(inPlace).toContain(`direct {\n    exclude = ${list}`);
  });
});

test("Terraform's messages become progress, changes and errors; what is no message is text", () => {
  const progress: string[] = [];
  const collected = new Collected((text) => progress.push(text));
  const lines = [
    { type: "planned_change", change: { resource: { addr: "aws_vpc.x" }, action: "create" } },
    { type: "planned_change", change: { resource: { addr: "data.aws_vpc.y" }, action: "read" } },
    { type: "apply_start", hook: { resource: { addr: "aws_vpc.x" }, action: "create" } },
    { type: "apply_progress", hook: { resource: { addr: "aws_vpc.x" }, action: "create", elapsed_seconds: 10 } },
    { type: "diagnostic", diagnostic: { severity: "warning", summary: "old" } },
    { type: "diagnostic", diagnostic: { severity: "error", summary: "no", detail: "because\n", address: "aws_vpc.x" } },
    { type: "outputs", outputs: { new: { action: "create" }, same: { action: "noop" }, applied: { value: "secret" } } },
    { type: "change_summary", changes: { add: 1, change: 0, remove: 0, operation: "apply" } },
  ];
  for (const line of lines) collected.line(JSON.stringify(line));
  collected.line("not JSON");
  collected.line("{ neither");
  expect(progress).toEqual(["create aws_vpc.x", "create aws_vpc.x: 10 s"]);
  expect(collected.result(1)).toMatchObject({
    code: 1,
    changes: [{ address: "aws_vpc.x", action: "create" }],
    errors: ["aws_vpc.x: no: because"],
    summary: { add: 1 },
    outputs: ["new"],
    text: "not JSON\n{ neither\n",
  });
});
