import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import demo from "../../environments/demo";
import { findChromium } from "../support/browser-chromium";
import { eventually } from "../support/eventually";
import { Page } from "../support/page-examples";
import { PageShell, type RunningCommands } from "../support/page-shell";
import { TestProject } from "../support/project";
import { TestTwin } from "../support/twin-project";

/*
 * docs/connect-a-program.md, command by command: each official client logs in, publishes, consumes and goes on through the
 * restart of every server, by the page's own words.
 */

const project = new TestProject();
const twin = new TestTwin(project, "demo");
const page = new Page("connect-a-program.md");
let shell: PageShell;

/** Sections of the page, with what they need, and why one is left out here. */
const has = (tool: Parameters<typeof toolPath>[0]) => (toolPath(tool) ? undefined : `${tool} is not on this machine`);
const sections: { name: string; consumes: RegExp; missing?: string }[] = [
  { name: "node", consumes: /orders\.alice\.placed: order/g },
  { name: "node-v2", consumes: /orders\.alice\.placed: order/g },
  { name: "python", consumes: /orders\.alice\.placed: order/g, missing: has("nats-py") },
  { name: "go", consumes: /orders\.alice\.placed: order/g, missing: has("go") ?? natsGo() },
  { name: "cli", consumes: /hello \d+ of nats/g, missing: has("nats-cli") },
];

/** Modules come from Go's cache or its proxy. */
function natsGo(): string | undefined {
  const [module = ""] = /github\.com\/nats-io\/nats\.go\S*@\S+/.exec(page.block("go")) ?? [];
  try {
    execFileSync("go", ["mod", "download", module.replace("/jetstream", "")], { stdio: "ignore", timeout: 120_000 });
    return undefined;
  } catch {
    return `${module} cannot be had`;
  }
}

beforeAll(async () => {
  await twin.up(demo);
  shell = new PageShell(project.root);
  for (const name of page.files) writeFileSync(join(project.root, name), page.block(name));
});
afterAll(async () => {
  shell?.close();
  await project.remove();
});

const env = { XDG_CONFIG_HOME: join(project.root, "config") };
const running = new Map<string, { commands: RunningCommands; consumes: RegExp }>();
const consumed = (name: string) => {
  const { commands, consumes } = running.get(name) ?? {};
  return commands?.text().match(consumes as RegExp)?.length ?? 0;
};
/** Waits until a program has consumed so many messages more. */
async function consumesMore(name: string, count = 3): Promise<void> {
  const before = consumed(name);
  const ended = running
    .get(name)
    ?.commands.done.then(({ text }) => Promise.reject(new Error(`${name} ended: ${text}`)));
  await Promise.race([eventually(`${name} consumes`, async () => consumed(name) >= before + count), ended]);
}

test("the command line checks its connection, publishes with an acknowledgement and sees its consumer", async () => {
  if (has("nats-cli")) return console.warn(`skipped: ${has("nats-cli")}`);
  const text = await shell.run(page.block("cli-checks"), { ...env, NATS_TOKEN: "of the sections before" });
  expect(text).toMatch(/OK .*round trip took/);
  expect(text).toMatch(/Stored in Stream: NEWS/);
  expect(text).not.toMatch(/violation/i);
});

test.each(sections)("$name logs in, publishes and consumes", async ({ name, consumes, missing }) => {
  if (missing) return console.warn(`skipped: ${missing}`);
  running.set(name, { commands: shell.start(page.block(name), env), consumes });
  await consumesMore(name, 2);
});

let tab: RunningCommands | undefined;
const heardByPage = () => tab?.text().match(/hello \d+ of the browser/g)?.length ?? 0;
const pageHears = (count: number) => eventually("the page hears itself", async () => heardByPage() >= count);

const chromium = findChromium();
(chromium ? test : test.skip)("a page in a real browser logs in, publishes and hears itself", async () => {
  await shell.run(page.block("browser"), env);
  tab = shell.start(page.block("open"), { ...env, CHROMIUM: chromium ?? "" });
  await pageHears(2);
});

test("all of them go on when each server is killed and started again", async () => {
  for (const i of twin.servers().keys()) {
    await shell.run(page.block("restart").replace("servers[0]", `servers[${i}]`), env);
    await twin.well();
  }
  await Promise.all([...running.keys()].map((name) => consumesMore(name)));
  if (tab) await pageHears(heardByPage() + 3);
  for (const { commands } of running.values()) expect(commands.text()).not.toMatch(/permissions violation/i);
});

test("a program whose inboxes are the library's own is refused, as the page says", async () => {
  const inboxes = { ...env, NATS_INBOX_PREFIX: "_INBOX" };
  const { text } = await shell.start(`timeout 60 bash -c '${page.block("node").replaceAll("'", `'"'"'`)}'`, inboxes)
    .done;
  expect(text).toMatch(/permissions violation.*_INBOX/is);
});

test("nats.js 3 logs in with what is printed as variables", async () => {
  await shell.run("npx natsform connect demo --as main-api > program.env", env);
  const variables = readFileSync(join(project.root, "program.env"), "utf8");
  expect(variables).not.toMatch(/"?S[UA][A-Z2-7]{56}/);
  const text = await shell.run(
    `node --env-file=program.env -e 'console.log(process.env.NATS_URL, process.env.NATS_INBOX_PREFIX)'`,
  );
  expect(text).toContain(twin.connectFile().services["main-api"]?.inboxPrefix);
});
