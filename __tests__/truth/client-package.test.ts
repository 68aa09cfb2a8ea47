import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildClientPackage } from "../../artifacts/client-package/build";
import { clientManifest, clientPackage } from "../../artifacts/client-package/manifest";
import { makeFolder, removeFolder } from "../support/callout-nats-server";
import { ClientWorld } from "../support/client-world";
import { repository } from "../support/stacks";

const folder = makeFolder();
const world = new ClientWorld();
const project = join(folder, "project");
const { dependencies } = clientManifest() as { dependencies: Record<string, string> };

/** Packages that one needs, and what those need. */
function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    const manifest = join(repository, "node_modules", name, "package.json");
    if (found.has(name) || !existsSync(manifest)) continue;
    found.add(name);
    closure(Object.keys(JSON.parse(readFileSync(manifest, "utf8")).dependencies ?? {}), found);
  }
  return found;
}

function link(name: string): void {
  const target = join(project, "node_modules", name);
  mkdirSync(join(target, ".."), { recursive: true });
  symlinkSync(join(repository, "node_modules", name), target);
}

/** A project of somebody's own, in which nothing is but the packed client and what it says that it needs. */
beforeAll(async () => {
  const built = join(folder, "built");
  await buildClientPackage(built);
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: built, stdio: "pipe" });
  const [archive = ""] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  const installed = join(project, "node_modules", clientPackage);
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, archive), "-C", installed, "--strip-components=1"]);
  for (const name of closure([...Object.keys(dependencies), "nats", "@types/node", "zod"])) link(name);
});
afterAll(async () => {
  await world.end();
  removeFolder(folder);
});

const source = `
import { Client, ClientError, defineEndpoint, NoRespondersError, type ClientErrorCode, type Message } from "${clientPackage}";
import { nats2 } from "${clientPackage}/nats2";
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

test.each(["mjs", "cjs"])("it asks and serves from %s, over both lines, with one class of each error", async (kind) => {
  const server = await world.server();
  const imports =
    kind === "mjs"
      ? `import { Client, ClientError } from "${clientPackage}"; import { nats2 } from "${clientPackage}/nats2";`
      : `const { Client, ClientError } = require("${clientPackage}"); const { nats2 } = require("${clientPackage}/nats2");`;
  writeFileSync(
    join(project, `main.${kind}`),
    `${imports}
    (async () => {
      for (const transport of [undefined, nats2]) {
        const client = new Client({ name: "packed", plaintext: "loopback", transport });
        await client.serve("hello", { handler: (message) => "hello " + message.string() });
        console.log((await client.request("hello", "you")).string());
        await client.request("nobody").catch((error) => console.log(error instanceof ClientError, error.code));
        await client.drain();
      }
    })();`,
  );
  const env = { ...process.env, NATS_URL: server.url };
  const said = execFileSync("node", [join(project, `main.${kind}`)], { encoding: "utf8", env, timeout: 60_000 });
  expect(said).toBe("hello you\ntrue no-responders\n".repeat(2));
});

test("it brings no CDKTF and no word of the types of nats.js", () => {
  const installed = join(project, "node_modules", clientPackage);
  expect(Object.keys(dependencies).filter((name) => /cdktf|constructs|aws/.test(name))).toEqual([]);
  for (const file of readdirSync(installed).filter((name) => /\.d\.m?ts$/.test(name)))
    expect(readFileSync(join(installed, file), "utf8")).not.toMatch(/from ["'](nats|@nats-io)/);
});
