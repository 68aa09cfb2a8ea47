import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { EnvironmentInput } from "../../model/config";
import { eventually } from "../support/eventually";
import { NatsCli, natsCliPath } from "../support/nats-cli";
import { TestProject } from "../support/project";
import { app, oidc, permissions, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

const program = natsCliPath;
// Not to the console: of a file whose tests are all skipped jest shows none.
if (!program) process.stderr.write("nats-cli: skipped: it is not built: make nats-cli\n");

const project = new TestProject();
const home = join(project.root, "config");
const nats = new NatsCli(program ?? "nats", home);
const before = process.env.XDG_CONFIG_HOME;

beforeAll(() => {
  process.env.XDG_CONFIG_HOME = home;
});
afterAll(async () => {
  if (before === undefined) delete process.env.XDG_CONFIG_HOME;
  else process.env.XDG_CONFIG_HOME = before;
  nats.close();
  await project.remove();
});

const identities = [
  ["callout", { mode: "callout", oidc, permissions, services: { api: app } }],
  ["operator", { mode: "operator", sentinel: "server", oidc, permissions, services: { api: app } }],
] satisfies [string, EnvironmentInput["identity"]][];

(program ? describe : describe.skip).each(identities)("the nats command line in %s mode", (mode, identity) => {
  const name = `cli-${mode}`;
  const twin = new TestTwin(project, name);
  const [sys, api] = [`${name}-core-sys`, `${name}-core-api`];
  const servers = ["core-0", "core-1", "core-2"];
  const ask = async (context: string, ...args: string[]) => {
    const { code, text } = await nats.run(context, ...args);
    // With what it said, a failure explains itself.
    expect({ args, code, text }).toEqual({ args, code: 0, text: expect.not.stringMatching(/violation|error/i) });
    return text;
  };

  beforeAll(async () => {
    await twin.up(threeServers(name, { identity }));
    const written = (await project.run("contexts", name)).trim().split("\n");
    expect(written.map((path) => basename(path))).toEqual([`${sys}.json`, `${api}.json`]);
  });
  afterAll(async () => {
    await twin.close();
    await project.run("down", name, "--now");
  });

  test("finds the contexts, which hold no key", async () => {
    const listed = await ask(sys, "context", "ls", "--names");
    expect(listed.split("\n")).toEqual(expect.arrayContaining([sys, api]));
    for (const context of [sys, api])
      expect(readFileSync(join(home, "nats/context", `${context}.json`), "utf8")).not.toMatch(/"S[UA][A-Z2-7]{56}"/);
  });

  test.each(["server ls", "server report jetstream"])("the system user has %s of every server", async (command) => {
    const text = await ask(sys, ...command.split(" "));
    for (const server of servers) expect(text).toContain(server);
  });

  test("the system user's checks of the meta group and of the connection are good", async () => {
    const meta = ["--expect", "3", "--lag-critical", "100", "--seen-critical", "1m"];
    expect(await ask(sys, "server", "check", "meta", ...meta)).toMatch(/^OK .*3 peers led by core-[012]/);
    expect(await ask(sys, "server", "check", "connection")).toMatch(/^OK .*round trip took/);
  });

  test("a service's checks of its connection, of JetStream and of a stream are good", async () => {
    expect(await ask(api, "server", "check", "connection")).toMatch(/^OK .*round trip took/);
    expect(await ask(api, "server", "check", "jetstream")).toMatch(/^OK .*streams=1/);
    expect(await ask(api, "server", "check", "stream", "--stream", "ORDERS", "--peer-expect", "3")).toMatch(/^OK /);
    expect(await ask(api, "rtt")).toContain("tls://127.0.0.1");
    expect(await ask(api, "account", "info")).toMatch(/Account: APP/);
  });

  test("a service publishes, and reads its streams", async () => {
    await ask(api, "pub", "orders.cli", "one", "--jetstream");
    expect(await ask(api, "stream", "ls", "--names")).toBe("ORDERS\n");
    for (const command of [
      ["stream", "ls"],
      ["stream", "report"],
      ["stream", "info", "ORDERS"],
    ])
      expect(await ask(api, ...command)).toContain("ORDERS");
    expect(await ask(api, "stream", "get", "ORDERS", "1")).toContain("one");
  });

  test("a service hears what it publishes, asks and answers", async () => {
    const heard = nats.start(api, "sub", "news.>", "--count", "1", "--raw");
    const answering = nats.start(api, "reply", "ask.cli", "answered", "--count", "1");
    await eventually("both listen", async () => {
      // A subscription says so before the server has it: so both are asked until they have what they wait for.
      await nats.run(api, "pub", "news.cli", "hello");
      return heard.text().includes("hello");
    });
    expect((await heard.done).text).toContain("hello");
    await eventually("an answer", async () => {
      const { code, text } = await nats.run(api, "request", "ask.cli", "question", "--raw");
      return code === 0 && text.includes("answered");
    });
    expect((await answering.done).text).toContain('Received on subject "ask.cli"');
  });

  test("a service's right ends at its own inboxes", async () => {
    // It answers users, who may ask it: their inboxes are open to it, those of programs are not.
    for (const inbox of ["_NATSFORM.INBOX.streams.1", "_NATSFORM.INBOX.backup.1"])
      expect((await nats.run(api, "pub", inbox, "forged")).text).toMatch(/permissions violation/i);
    const { text } = await nats.run(api, "sub", "_INBOX.>", "--count", "1");
    expect(text).toMatch(/permissions violation/i);
  });
});
