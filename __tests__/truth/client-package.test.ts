import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildClientPackage } from "../../artifacts/client-package/build";
import { clientManifest, clientPackage } from "../../artifacts/client-package/manifest";
import demo from "../../environments/demo";
import packageJson from "../../package.json";
import { makeFolder, removeFolder } from "../support/callout-nats-server";
import { checkout, natsform } from "../support/cli-run";
import { eventually, Hopeless } from "../support/eventually";
import { Page } from "../support/page-examples";
import { PageShell } from "../support/page-shell";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { repository } from "../support/stacks";
import { TestTwin } from "../support/twin-project";

const folder = makeFolder();
const project = join(folder, "project");
const environment = join(folder, "nats.test.json");
const { dependencies } = clientManifest() as { dependencies: Record<string, string> };

/** A project of somebody's own, which is empty until it installs the packed client. */
beforeAll(async () => {
  const built = join(folder, "built");
  await buildClientPackage(built);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: built, stdio: "pipe" });
  const archives = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  mkdirSync(project);
  expect((await natsform(checkout, ["subjects", "demo", "--test-server", "--out", environment])).code).toBe(0);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "shop", private: true }));
  const { nats, zod } = packageJson.dependencies;
  const beside = [`nats@${nats}`, `zod@${zod}`, `@types/node@${packageJson.devDependencies["@types/node"]}`];
  // What this machine has in its cache is not asked for again.
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const wanted = [...archives.map((file) => join(folder, file)), ...beside];
  execFileSync("npm", ["install", ...quiet, ...wanted], { cwd: project, stdio: "pipe", timeout: 300_000 });
});
afterAll(() => removeFolder(folder));

const source = `
import { Client, ClientError, defineEndpoint, NoRespondersError, type ClientErrorCode, type Message } from "${clientPackage}";
import { nats2 } from "${clientPackage}/nats2";
import { startTestServer } from "${clientPackage}/testing";
import { z } from "zod";
const getUser = defineEndpoint("user.{id}.get", { request: z.object({}), response: z.object({ id: z.string(), age: z.coerce.number() }) });
export async function main(client: Client): Promise<number> {
  const user = await client.request(getUser, {}, { parameters: { id: "7" } });
  const raw: Message = await client.request("raw");
  // @ts-expect-error: there is no such field
  user.missing;
  // @ts-expect-error: an answer has an id
  await client.serve(getUser, { handler: () => ({ age: "7" }) });
  const code: ClientErrorCode = "timeout";
  return user.age + raw.data.length + code.length;
}
export const other = new Client({ transport: nats2 });
export const tested = async () => new Client((await startTestServer({ environment: "nats.test.json", as: "shop" })).options());
export const isOurs = (error: unknown): boolean => error instanceof ClientError && !(error instanceof NoRespondersError);
`;

test.each([
  ["node10", "commonjs"],
  ["node16", "node16"],
  ["bundler", "esnext"],
])("its types hold with moduleResolution %s, libraries checked too", (moduleResolution, module) => {
  const place = join(project, moduleResolution);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "main.ts"), source);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    skipLibCheck: false,
    module,
    moduleResolution,
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  let said = "";
  try {
    execFileSync("node", [tsc, "-p", place], { encoding: "utf8" });
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  // Errors inside of other packages are theirs.
  expect(said.split("\n").filter((line) => /main\.ts|@natsform/.test(line))).toEqual([]);
});

test("what pages load compiles in a project for browsers, without the types of Node", () => {
  const place = join(project, "web");
  mkdirSync(place, { recursive: true });
  writeFileSync(
    join(place, "main.ts"),
    `import { EventsRefusedError, readEvents } from "${clientPackage}/events";
    export async function show(token: () => Promise<string>, signal: AbortSignal): Promise<void> {
      for await (const { event, id, data } of readEvents("/orders", { token, signal })) document.title = event + id + data;
      // @ts-expect-error: a token is needed
      readEvents("/orders", {});
    }
    export const isOver = (error: unknown) => error instanceof EventsRefusedError && error.code === "denied";`,
  );
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: "es2022", lib: ["es2023", "dom", "dom.iterable"], types: [] },
    ...{ skipLibCheck: false, module: "esnext", moduleResolution: "bundler" },
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  expect(execFileSync("node", [tsc, "-p", place], { encoding: "utf8" })).toBe("");
  const module = readFileSync(join(project, "node_modules", clientPackage, "events.mjs"), "utf8");
  expect(module).not.toMatch(/^import|require\(/m);
});

const page = new Page("client.md");
const pageFiles = ["get-user.ts", "users.ts", "ask.ts"];

test("the programs of its page hold as they stand there", () => {
  const place = join(project, "page");
  mkdirSync(place, { recursive: true });
  expect(page.files).toEqual(pageFiles);
  for (const file of page.files) writeFileSync(join(place, file), page.block(file));
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: "es2022", types: ["node"], skipLibCheck: true, module: "esnext" },
    ...{ moduleResolution: "bundler", allowImportingTsExtensions: true, moduleDetection: "force" },
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: pageFiles }));
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  expect(() => execFileSync("node", [tsc, "-p", place], { stdio: "pipe" })).not.toThrow();
  // Both sides know the first; the last one asks.
  const lines = ["get-user.ts", "ask.ts"].flatMap((file) => page.block(file).split("\n").filter(Boolean));
  expect(lines).toHaveLength(10);
});

test("its page leads from npm install to a typed request, which goes on after its servers are killed", async () => {
  const twins = new TestProject();
  const twin = new TestTwin(twins, "demo");
  const service = join(twins.root, "service");
  mkdirSync(service);
  let shell: PageShell | undefined;
  try {
    // The page's commands call natsform and take the archive from here.
    symlinkSync(twins.root, join(twins.root, "natsform"));
    mkdirSync(join(twins.root, "build"));
    symlinkSync(join(folder, "built"), join(twins.root, "build/client-package"));
    await twin.up(demo);
    shell = new PageShell(service, { installs: true });
    await shell.run(page.block("install"), {
      npm_config_prefer_offline: "true",
      npm_config_ignore_scripts: "true",
      npm_config_loglevel: "error",
    });
    for (const file of pageFiles) writeFileSync(join(service, file), page.block(file));
    const asking = shell.start(page.block("ask"));
    await eventually("its answer", () => {
      if (/error/i.test(asking.text())) throw new Hopeless(asking.text());
      return asking.text().includes("Alice");
    });
    for (const { pid } of twin.connectFile().servers) process.kill(pid as number, "SIGKILL");
    await twin.up();
    const again =
      page
        .block("ask")
        .split("\n")
        .find((line) => line.includes("ask.ts")) ?? "";
    expect(await shell.run(again)).toBe("Alice\n");
  } finally {
    shell?.close();
    await twins.remove();
  }
}, 600_000);

test.each(["mjs", "cjs"])("it asks and serves from %s, over both lines, with one class of each error", async (kind) => {
  const imports =
    kind === "mjs"
      ? `import { Client, ClientError } from "${clientPackage}"; import { nats2 } from "${clientPackage}/nats2";
        import { startTestServer } from "${clientPackage}/testing";`
      : `const { Client, ClientError } = require("${clientPackage}"); const { nats2 } = require("${clientPackage}/nats2");
        const { startTestServer } = require("${clientPackage}/testing");`;
  writeFileSync(
    join(project, `main.${kind}`),
    `${imports}
    (async () => {
      const server = await startTestServer();
      for (const transport of [undefined, nats2]) {
        const client = new Client({ ...server.options(), name: "packed", transport });
        await client.serve("hello", { handler: (message) => "hello " + message.string() });
        console.log((await client.request("hello", "you")).string());
        await client.request("nobody").catch((error) => console.log(error instanceof ClientError, error.code));
        await client.drain();
      }
      await server.stop();
      const demo = await startTestServer({ environment: ${JSON.stringify(environment)}, as: "newsroom" });
      const newsroom = new Client(demo.options());
      console.log((await newsroom.publishToStream("news.today", "it works")).stream);
      await newsroom.publish("orders.placed", "", { confirmed: true }).catch((error) => console.log(error.code));
      await newsroom.drain();
      await demo.stop();
    })();`,
  );
  const env = { ...process.env, NATS_SERVER: findProgram("nats-server") };
  const said = execFileSync("node", [join(project, `main.${kind}`)], { encoding: "utf8", env, timeout: 60_000 });
  expect(said).toBe(`${"hello you\ntrue no-responders\n".repeat(2)}NEWS\ndenied\n`);
});

test("what it installs is what it names, and nothing that was not asked for", () => {
  const own = [...Object.keys(dependencies), clientPackage, "nats", "zod", "@types/node"];
  const scopes = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
  const brought = scopes.flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(project, "node_modules", name)).map((file) => `${name}/${file}`) : [name],
  );
  // Those of nats.js, of its older line, and of the types of Node.
  const below = ["@nats-io/nkeys", "@nats-io/nuid", "js-sha256", "nkeys.js", "tweetnacl", "undici-types"];
  expect(brought.filter((name) => !own.includes(name)).sort()).toEqual(below);
});

test("every name of its API that others speak of has a page", () => {
  const options = ["--options", join(repository, "artifacts/client-package/typedoc.json"), "--emit", "none"];
  const typedoc = join(repository, "node_modules/typedoc/bin/typedoc");
  expect(() => execFileSync("node", [typedoc, ...options], { stdio: "pipe" })).not.toThrow();
});

test("it brings no CDKTF and no word of the types of nats.js", () => {
  const installed = join(project, "node_modules", clientPackage);
  expect(Object.keys(dependencies).filter((name) => /cdktf|constructs|aws/.test(name))).toEqual([]);
  for (const file of readdirSync(installed).filter((name) => /\.d\.m?ts$/.test(name)))
    expect(readFileSync(join(installed, file), "utf8")).not.toMatch(/from ["'](nats|@nats-io)/);
});
