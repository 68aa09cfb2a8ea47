import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { emulatorFolder } from "../../cli/core/emulator-folder";
import { writeCliConfig } from "../../cli/core/provider-mirror";
import { removeEmulator } from "../../cli/emulator/start";
import { noEmulator } from "../support/emulator-run";
import { NatsParser, parserPath } from "../support/nats-parser";
import { appWith, documentedImports, execute, missingPackages, namedBlocks, ownPackage } from "../support/packed";
import { all, one, readStacks, repository, type Stack, temporaryFolder } from "../support/stacks";
import { missingTerraform } from "../support/terraform";

const missing = missingPackages("natsform in an app of somebody else");
const ifInstalled = missing ? test.skip : test;

const pipelinePage = readFileSync(join(repository, "docs/pipelines.md"), "utf8");
const programs = { ...namedBlocks(), ...namedBlocks(pipelinePage) };
const folder = temporaryFolder();
let app = "";
const inApp = (...command: string[]) => execute(app, "npx", "--no-install", ...command);
const natsform = ["npx", "--no-install", "natsform"];

let synthesized: Record<string, Stack> = {};

beforeAll(async () => {
  if (missing) return;
  app = await appWith(folder, programs);
  await inApp("natsform", "keys", "init", "shop");
  await inApp("tsx", "main.ts");
  synthesized = readStacks(join(app, "cdktf.out"));
});

ifInstalled("the twenty lines are a cluster on ECS and one on GKE", () => {
  const lines = programs["main.ts"]?.split("\n").filter((line) => line !== "");
  expect(lines).toHaveLength(20);

  const { "shop-on-aws": aws, "shop-on-gke": gke } = synthesized;
  expect(Object.values(all(aws, "aws_ecs_service")).map(({ name }) => name)).toEqual([
    "shop-edge-0",
    "shop-edge-1",
    "shop-edge-2",
  ]);
  expect(aws?.provider.aws).toEqual([{ region: "eu-west-1" }]);
  expect(one(gke, "helm_release")).toMatchObject({ chart: "nats", name: "core", namespace: "nats" });
  expect(one(gke, "kubernetes_storage_class_v1")).toMatchObject({ storage_provisioner: "pd.csi.storage.gke.io" });
});

ifInstalled("they have the types that they are used with, under the tsconfig of cdktf init", async () => {
  expect(await inApp("tsc", "--noEmit")).toBe("");
});

ifInstalled("the environment's own stacks stand in any app", async () => {
  await inApp("tsx", "whole.ts");
  expect(Object.keys(readStacks(join(app, "cdktf.out")))).toEqual(
    expect.arrayContaining(["shop-eu-west-1-foundation", "shop-edge-nats", "shop-core-pki", "shop-core-core"]),
  );
});

ifInstalled("the command line runs from the package, and the model prints what it prints", async () => {
  expect(await inApp("natsform", "check", "shop")).toMatch(/^shop: 0 errors/);
  const server = (name: string) => inApp("natsform", "render", "shop", "--cluster", "edge", "--server", name);
  const [printed, ...rendered] = await Promise.all([inApp("tsx", "conf.ts"), server("edge-0"), server("edge-2")]);
  expect(printed).toContain('server_name: "edge-1"');
  for (const conf of rendered) expect(printed).toContain(conf.trim());
});

const ifMade = missing || !parserPath ? test.skip : test;
ifMade("a tool is made of the package's own files, and runs (skipped where natsconf cannot be built)", async () => {
  const cache = join(folder, "cache");
  const tools = await execute(
    app,
    "env",
    `NATSFORM_CACHE=${cache}`,
    ...natsform,
    "tools",
    "install",
    "natsconf",
    "--json",
  );
  const [{ path, made }] = JSON.parse(tools);
  expect({ path: path.startsWith(cache), made }).toEqual({ path: true, made: true });
  const parser = new NatsParser(path);
  expect(await parser.parse("port: 4222")).toEqual({ config: { port: 4222 } });
  parser.stop();
});

ifInstalled("the app has one copy of what constructs are told apart by", () => {
  const { packages } = JSON.parse(readFileSync(join(app, "package-lock.json"), "utf8")) as { packages: object };
  const copies = Object.keys(packages).filter((path) =>
    /(^|\/)node_modules\/(cdktf|constructs|@cdktf\/.+)$/.test(path),
  );
  expect(copies).toEqual([
    "node_modules/@cdktf/provider-aws",
    "node_modules/@cdktf/provider-helm",
    "node_modules/@cdktf/provider-kubernetes",
    "node_modules/@cdktf/provider-vault",
    "node_modules/cdktf",
    "node_modules/constructs",
  ]);
});

ifInstalled.each(Object.entries(documentedImports()))("%s: does it load CDKTF? %s", async (name, loads) => {
  const target = ownPackage.exports[name.replace("natsform", ".")] ?? "";
  expect(existsSync(join(app, "node_modules/natsform", target.replace(/\.js$/, ".d.ts")))).toBe(true);
  const script = `require("${name}"); console.log(Object.keys(require.cache).join("\\n"))`;
  const files = (await execute(app, process.execPath, "-e", script)).split("\n");
  const loaded = (packages: RegExp) => files.filter((file) => packages.test(file));
  // A version in a package.json is no code.
  expect(loaded(/node_modules\/(cdktf|constructs|@cdktf)\/(?!.*package\.json$)/).length > 0 ? "yes" : "no").toBe(loads);
  // An index would load every resource that a provider has.
  expect(loaded(/@cdktf\/provider-[a-z]+\/lib\/index\.js$/)).toEqual([]);
});

ifInstalled("a program of somebody else proves an environment on its twin, and leaves nothing running", async () => {
  const proof = JSON.parse(await inApp("tsx", "proof.ts")) as { keys: string[]; parts: number; rows: number };
  expect(proof).toEqual({ keys: [], parts: 11, rows: expect.any(Number), failed: [], open: 0 });
  expect(proof.rows).toBeGreaterThan(15);
  expect(await inApp("natsform", "status")).toContain("no twins here");
});

const unemulated = missing || missingTerraform("a deployment by a program of somebody else", "aws") || noEmulator;
(unemulated ? test.skip : test)("a pipeline of somebody else deploys without a child process", async () => {
  const folder = emulatorFolder(app, "shop");
  try {
    const lines = (await inApp("tsx", "pipeline.ts", "--emulate")).trim().split("\n");
    const events = lines.map((line) => JSON.parse(line) as { code?: string; title?: string; applied?: object });
    expect(events.at(-1)).toMatchObject({ failed: [], rows: expect.any(Number) });
    expect(Object.keys(events.at(-1)?.applied ?? {})).toContain("shop-edge-nats");
    const done = events.flatMap(({ code, title }) => (code === "step-done" ? [title] : []));
    expect(done).toEqual(expect.arrayContaining(["Emulated AWS", "Stacks", "Apply shop-edge-nats", "Check"]));
    const begun = events.flatMap(({ code, title }) => (code === "step-begun" ? [title] : []));
    expect(done).toEqual(begun);
  } finally {
    await removeEmulator(folder);
  }
});

const providers = { "shop-on-aws": ["aws"], "shop-on-gke": ["kubernetes", "helm"] } as const;
describe.each(Object.entries(providers))("%s", (name, needed) => {
  const lacking = missing || missingTerraform(`terraform validate of ${name}`, ...needed);
  (lacking ? test.skip : test)("is what Terraform and its providers accept", async () => {
    const stack = synthesized[name]?.folder ?? "";
    const home = join(folder, name);
    mkdirSync(home);
    const variables = [`TF_CLI_CONFIG_FILE=${writeCliConfig(home)}`, `TF_DATA_DIR=${home}`, "CHECKPOINT_DISABLE=1"];
    const terraform = (...args: string[]) => execute(stack, "env", ...variables, "terraform", ...args);
    await terraform("init", "-backend=false", "-input=false", "-no-color");
    const { diagnostics, valid } = JSON.parse(await terraform("validate", "-json"));
    expect({ valid, diagnostics }).toEqual({ valid: true, diagnostics: [] });
  });
});
