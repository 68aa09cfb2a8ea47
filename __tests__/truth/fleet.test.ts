import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EnvironmentInput } from "../../model/config";
import type { NatsClient } from "../../runtime/client";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { oneServer } from "../support/twin-environment";
import { isAlive } from "../support/twin-processes";
import { TestTwin, type VerifyRow } from "../support/twin-project";

/** Services of one list, run by the twin: real processes that log in by the callout and answer what they serve. */

const project = new TestProject();
const twin = new TestTwin(project, "fleet");

type Services = NonNullable<EnvironmentInput["identity"]["services"]>;
type Code = NonNullable<Services[string]["runs"]>["code"];

const names = Array.from({ length: 22 }, (_, i) => `service-${i}`);
const [ofShell = "", ofScript = ""] = names;

/** What each runs: most are bundled, one is a file of the project by a shell, one is executed by itself. */
const codeOf = (name: string): Code => {
  if (name === ofShell)
    return {
      kind: "image",
      image: `example.com/services/shell:1@sha256:${"0".repeat(64)}`,
      // A shell that goes on beside what it has started.
      local: ["sh", "-c", 'node services/answer.mjs "$0" & echo child $!; wait', `ask.${name}`],
    };
  if (name === ofScript) return { kind: "binary", amd64: "services/answer", arm64: "services/answer" };
  return { kind: "node", entry: "services/answer.ts" };
};

const fleet = (more: Record<string, object> = {}): Services =>
  Object.fromEntries([
    ["asker", { account: "APP", asks: ["ask.*"] }],
    ...[...names, ...Object.keys(more).filter((name) => !names.includes(name))].map((name) => [
      name,
      {
        account: "APP",
        serves: [`ask.${name}`],
        runs: {
          code: codeOf(name),
          ...(name !== ofShell && { arguments: [`ask.${name}`] }),
          variables: { GREETING: "hello" },
          ...more[name],
        },
      },
    ]),
  ]);

const environment = (services: Services): EnvironmentInput => {
  const whole = oneServer("fleet");
  return { ...whole, identity: { ...whole.identity, services } };
};

/** A service in TypeScript, and in JavaScript: it answers with its greeting, and says when it ends. */
const answering = (annotation: string) => `
import { readFileSync } from "node:fs";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";
const { env } = process;
const [subject = ""]${annotation} = process.argv.slice(2);
if (env.GREETING === "bye") throw new Error("it does not want to");
const seed = readFileSync(env.NATS_NKEY_SEED_FILE ?? "", "utf8").trim();
const connection = await connect({
  servers: (env.NATS_URL ?? "").split(","),
  tls: { caFile: env.NATS_CA_FILE },
  authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
  inboxPrefix: env.NATS_INBOX_PREFIX,
  ignoreAuthErrorAbort: true,
  maxReconnectAttempts: -1,
});
connection.subscribe(subject, {
  queue: "answer",
  callback: (error, message) => void (error ?? message.respond(\`\${env.GREETING} from \${subject}\`)),
});
await connection.flush();
console.log("listens on", subject);
process.once("SIGTERM", async () => {
  await connection.drain();
  console.log("drained");
  process.exit(0);
});
`;

beforeAll(async () => {
  const services = join(project.root, "services");
  mkdirSync(services);
  symlinkSync(resolve(__dirname, "../../node_modules"), join(project.root, "node_modules"));
  writeFileSync(join(services, "answer.ts"), answering(": string[]"));
  writeFileSync(join(services, "answer.mjs"), answering(""));
  writeFileSync(
    join(services, "answer"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(services, "answer.mjs")}" "$@"\n`,
  );
  chmodSync(join(services, "answer"), 0o755);
  await twin.up(environment(fleet()));
  asker = twin.client(twin.service("asker"));
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

let asker: NatsClient;
const ask = async (name: string) => (await asker.request(`ask.${name}`, "", { timeoutMs: 20_000 })).string();
const log = async (name: string) => (await project.run("logs", "fleet", name)).trim();

test("each of 22 services of one list runs, is logged in with its own key, and answers with its own rights", async () => {
  expect(await Promise.all(names.map(ask))).toEqual(names.map((name) => `hello from ask.${name}`));
  const { parts } = await twin.status();
  expect(parts.filter(({ name }) => names.includes(name)).map(({ state }) => state)).toEqual(
    names.map(() => "logged in, account APP"),
  );
  const rows = JSON.parse((await project.natsform("verify", "fleet", "--json")).stdout).rows as VerifyRow[];
  const own = rows.filter(({ group }) => group === "services");
  expect(own.map(({ what, ok, seen }) => [what, ok, seen])).toEqual(
    names.map((name) => [`${name}: runs, and is logged in`, true, "1 connection on core-0, account APP"]),
  );
  expect(twin.connectFile().services["service-7"]?.pid).toBe(twin.pid("service-7"));
});

test("one that is added touches no server and no other service", async () => {
  const [before, digests] = [twin.pids(), await twin.digests()];
  const loaded = (await twin.varz("core-0")).config_load_time;
  await twin.up(environment(fleet({ added: {} })));
  expect(await ask("added")).toBe("hello from ask.added");
  expect(await twin.digests()).toEqual(digests);
  expect((await twin.varz("core-0")).config_load_time).toBe(loaded);
  const after = twin.pids();
  for (const name of ["core-0", ...names]) expect([name, after[name]]).toEqual([name, before[name]]);
});

test("one that changes is drained and started again, one that goes is ended, and so is one that shall not run", async () => {
  const before = twin.pids();
  const services = fleet({ "service-3": { variables: { GREETING: "good day" } }, "service-4": { count: 0 } });
  await twin.up(environment(services));
  const after = twin.pids();
  expect(await ask("service-3")).toBe("good day from ask.service-3");
  expect(await log("service-3")).toBe("listens on ask.service-3\ndrained\nlistens on ask.service-3");
  for (const gone of ["added", "service-4"]) expect(isAlive(before[gone] ?? 0)).toBe(false);
  expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(
    expect.arrayContaining(["added", "service-3", "service-4"]),
  );
  expect(after["service-5"]).toBe(before["service-5"]);
});

test("what ended by itself is seen by status, and up starts it again", async () => {
  await twin.up(environment(fleet()));
  await twin.kill("service-9");
  const [part] = await twin.onlyWrong("service-9");
  expect(part?.state).toMatch(/^ended by itself/);
  await twin.up();
  expect(await ask("service-9")).toBe("hello from ask.service-9");
});

test("everything that is missing is named before anything is touched", async () => {
  const before = twin.pids();
  writeFileSync(join(project.root, "services", "wrong.ts"), "let a: = 1;\n");
  const wrong = (entry: string) => ({ code: { kind: "node", entry } });
  const services = fleet({ "service-5": wrong("services/none.ts"), "service-6": wrong("services/wrong.ts") });
  project.write(environment(services));
  const { code, stderr, stdout } = await project.natsform("up", "fleet", "--yes");
  expect(code).not.toBe(0);
  expect(stderr + stdout).toMatch(/service-5: there is no file services\/none\.ts/);
  expect(stderr + stdout).toMatch(/service-6: services\/wrong\.ts:1: /);
  expect(twin.pids()).toEqual(before);
});

test("services that do not start are all named, with what they printed", async () => {
  const bye = { variables: { GREETING: "bye" } };
  project.write(environment(fleet({ "service-5": bye, "service-6": bye })));
  const { code, stderr, stdout } = await project.natsform("up", "fleet", "--yes");
  expect(code).not.toBe(0);
  const said = stderr + stdout;
  expect(said).toMatch(/service-5 ended: .*it does not want to/s);
  expect(said).toMatch(/service-6 ended: .*it does not want to/s);
});

test("down ends every service, and what a service has started", async () => {
  await twin.up(environment(fleet()));
  const child = Number(/child (\d+)/.exec(await log(ofShell))?.[1]);
  const pids = [...Object.values(twin.pids()), child];
  expect(pids.filter(isAlive)).toHaveLength(pids.length);
  await project.run("down", "fleet");
  await eventually("the end of all", () => !pids.some(isAlive));
});

test("in operator mode too", async () => {
  const other = new TestTwin(project, "operated");
  const { identity, ...whole } = oneServer("operated");
  const services = { "service-1": fleet()["service-1"] };
  await other.up({
    ...whole,
    identity: { ...identity, mode: "operator", services } as typeof identity,
  });
  const { parts } = await other.status();
  expect(parts.find(({ name }) => name === "service-1")?.state).toMatch(/^logged in, account A/);
  await project.run("down", "operated", "--now");
});
