import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../../../model/config";
import { listEnvironments, loadEnvironment, loadEnvironments, strayFiles } from "../../../model/config/load";
import { eventually } from "../../support/eventually";
import { baseEnvironment } from "../../support/lint-environment";
import { isAlive } from "../../support/twin-processes";

const root = mkdtempSync(join(tmpdir(), "natsform-load-"));
const write = (name: string, text: string) => writeFileSync(join(root, "environments", `${name}.ts`), text);
beforeAll(() => {
  mkdirSync(join(root, "environments"));
  write("production", `export default ${JSON.stringify({ ...baseEnvironment, name: "production" })};`);
  write(
    "staging",
    `const size = "8MB";\nexport default { ...${JSON.stringify(baseEnvironment)}, nats: { maxPayload: size } };`,
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function refusal(name: string, at = root): Promise<ConfigError> {
  const error = await loadEnvironment(name, at).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

test("an environment is read from the file of its name", async () => {
  expect((await loadEnvironment("production", root)).clusters.core?.size).toBe(3);
});

test("environments are the TypeScript files of the folder, trust files are not", () => {
  writeFileSync(join(root, "environments", "production.trust.json"), "{}");
  expect(listEnvironments(root)).toEqual(expect.arrayContaining(["production", "staging"]));
  expect(listEnvironments(root)).not.toContain("production.trust");
  expect(listEnvironments(join(root, "nowhere"))).toEqual([]);
});

test("a file with another name than an environment may have is not read, whoever asks for it", async () => {
  writeFileSync(join(root, "environments", "Other.ts"), "process.exit(9);");
  expect(strayFiles(root)).toEqual([
    { file: "environments/Other.ts", problems: [expect.objectContaining({ path: [] })] },
  ]);
  const { message } = await refusal("Other");
  expect(message).toMatch(/^environments\/Other\.ts: 1 error\n.*is not read[\s\S]*fix: rename it to other\.ts/);
  rmSync(join(root, "environments", "Other.ts"));
});

const right = (name: string) => `export default ${JSON.stringify({ ...baseEnvironment, name })};`;

test("an endless file is given up with what it has started, and keeps no other back, nor does one that ends its process", async () => {
  const started = join(root, "started");
  const program = `echo $$ > ${started}; exec sleep 60`;
  const files = {
    "a-right": right("a-right"),
    "b-endless": `for (;;) { try { for (;;); } catch {} }`,
    "c-right": right("c-right"),
    "d-asleep": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    "e-exits": "process.exit(3);",
    "f-right": right("f-right"),
    "g-waits": `require("node:child_process").spawnSync("sh", ["-c", ${JSON.stringify(program)}]);`,
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const loaded = await loadEnvironments(Object.keys(files), root);
  const said = loaded.map((one) => (one.status === "fulfilled" ? one.value.name : one.reason.message));
  const endless = /does not end within 10 seconds\n {4}fix: an environment is data/;
  expect(said).toEqual([
    "a-right",
    expect.stringMatching(endless),
    "c-right",
    expect.stringMatching(endless),
    expect.stringContaining("ends the process with code 3"),
    "f-right",
    expect.stringMatching(endless),
  ]);
  const pid = Number(readFileSync(started, "utf8"));
  await eventually("the end of what it has started", () => !isAlive(pid), 10);
});

test("a file knows nothing of who reads it, and leaves nothing to the next one", async () => {
  const strange = "(globalThis as any).left = 1;";
  write("curious", `${strange} if (process.argv.length !== 2 || process.argv[1] !== __filename) throw process.argv;`);
  write("next", `${right("next")}`);
  const before = process.argv;
  const [curious, next] = await loadEnvironments(["curious", "next"], root);
  expect(curious).toMatchObject({ reason: { message: expect.stringContaining("has no default export") } });
  expect(next?.status).toBe("fulfilled");
  expect(process.argv).toBe(before);
  expect(globalThis).not.toHaveProperty("left");
});

test("every problem of a file is told at once", async () => {
  const { message, file } = await refusal("staging");
  expect(file).toBe("environments/staging.ts");
  expect(message).toContain('name: must be the name of its file, "staging"');
  expect(message).toContain('nats.maxPayload: must be a size such as 512KiB, 8MiB or 100GiB; got "8MB"');
  expect(message).toContain("2 errors");
});

test.each([
  ["producton", 'did you mean "production"?'],
  ["kubernetes", "known: production, staging"],
  ["../environments/production", "known: production, staging"],
  ["", "known: production, staging"],
])("%j is no environment", async (name, fix) => {
  const { problems } = await refusal(name);
  expect(problems).toEqual([expect.objectContaining({ got: name, message: "there is no such environment" })]);
  expect(problems[0]?.fix).toContain(fix.split(":")[0]);
});

test("a project without environments has none to name", async () => {
  expect((await refusal("demo", join(root, "nowhere"))).problems[0]?.fix).toBe("known: none");
});

test.each([
  [
    "throws",
    "const region = undefined as never as { name: string };\n\nregion.name.trim();",
    /does not run: 3:8: Cannot read properties of undefined/,
  ],
  ["throws-text", 'throw "no such region";', /does not run: it throws "no such region"/],
  ["no-syntax", "export default { name: ;", /does not run: /],
  [
    "imports-nothing",
    'import { x } from "./missing";\nexport default x;',
    /does not run: 1:19: Could not resolve ".\/missing"/,
  ],
  ["no-default", "export const demo = {};", /has no default export[\s\S]*fix: export default defineEnvironment/],
  ["undefined-default", "export default undefined;", /has no default export/],
  ["null-default", "export default null;", /must be an object; got null/],
  ["null-module", "module.exports = null;", /has no default export/],
  ["function-default", "export default () => ({});", /must be an object; got a function/],
  ["promise-default", "export default Promise.resolve({});", /name: is required/],
  ["looks-into-itself", "const a: any = {}; a.a = a; export default a;", /a: unknown key; got \{"a":/],
  ["throws-when-read", "export default { get name() { throw new Error('no'); } };", /does not run: 1:\d+: no/],
  [
    "waits-at-its-top",
    "await new Promise(() => {});\nexport default {};",
    /does not run: 1:1: it waits at its top\n {4}fix: an environment is data/,
  ],
  ["exits", "process.exit(3);", /ends the process with code 3\n {4}fix: an environment is data/],
  ["exits-late", "setImmediate(() => process.exit(0)); export default {};", /ends the process with code 0/],
  ["is-killed", "process.kill(process.pid, 'SIGKILL');", /ends its process by SIGKILL/],
  [
    "throws-late",
    "setTimeout(() => {\n  throw new Error('late');\n}, 20); export default {};",
    /throws after it has run: 2:9: late/,
  ],
  ["rejects", "Promise.reject('no'); export default {};", /rejects a promise that nobody waits for: it throws "no"/],
  ["serves", "setInterval(() => {}, 1000); export default {};", /goes on working when it has run \(Timeout\)/],
  ["has-no-parent", "process.send?.('x'); process.disconnect?.(); export default {};", /name: is required/],
])("a file that %s is refused with its name and a reason", async (name, text, reason) => {
  write(name, text);
  const { message, file } = await refusal(name);
  expect(file).toBe(`environments/${name}.ts`);
  expect(message).toMatch(reason);
});
