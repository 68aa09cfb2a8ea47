import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually";
import { type OfficialLogins, whileOfficialClientsLogIn } from "../support/official-logins";
import { TestProject } from "../support/project";
import { threeServers } from "../support/twin-environment";
import { isAlive } from "../support/twin-processes";
import { TestTwin } from "../support/twin-project";

/*
 * Official clients as they come give up when a login is refused, and nats-py is closed for good by it. So none may be refused
 * while servers are restarted or certificates renewed.
 */

const project = new TestProject();
const twin = new TestTwin(project, "logins");
const servers = ["core-0", "core-1", "core-2"];

beforeAll(() => twin.up(threeServers("logins")));
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** Servers at which responders are, one name for each connection. */
async function places(): Promise<string[]> {
  const own = await twin.each(async (server) => {
    const { connections } = await twin.ask<{ connections: { name?: string }[] }>(server, "/connz");
    return connections.filter(({ name }) => name === "auth-callout").length;
  });
  return Object.entries(own).flatMap(([server, count]) => Array.from({ length: count }, () => server));
}

function noneRefused(logins: Record<string, OfficialLogins>, atLeast: number): void {
  console.info(
    Object.entries(logins)
      .map(([name, { admitted }]) => `${name}: ${admitted} logins`)
      .join(", "),
  );
  for (const [client, { admitted, refused }] of Object.entries(logins)) {
    expect({ client, refused }).toEqual({ client, refused: {} });
    expect(admitted).toBeGreaterThan(atLeast);
  }
}

test("each responder is at two servers", async () => {
  const responders = Object.keys(twin.running()).filter((name) => name.startsWith("auth-callout"));
  await twin.kill(...responders.slice(1));
  await eventually("one responder at two servers", async () => {
    const at = await places();
    return at.length === 2 && new Set(at).size === 2;
  });
  await twin.up();
});

test("a place at a server that says lame duck is given up before the server ends", async () => {
  const [server = ""] = await places();
  const pid = twin.pid(server);
  process.kill(pid, "SIGUSR2");
  await eventually(`no responder at ${server}`, async () => {
    // A server that is gone has nobody either, and that would prove nothing.
    if (!isAlive(pid)) throw new Error(`${server} ended first`);
    const { connections } = await twin.ask<{ connections: { name?: string }[] }>(server, "/connz");
    return !connections.some(({ name }) => name === "auth-callout");
  });
  expect(isAlive(pid)).toBe(true);
  await eventually(`the end of ${server}`, () => !isAlive(pid));
  await twin.up();
});

test("no login of an official client is refused while every server is restarted", async () => {
  const logins = await whileOfficialClientsLogIn(twin, async () => {
    const { servers: rolled } = JSON.parse(await project.run("roll", "logins", "--json"));
    expect(rolled.toSorted()).toEqual(servers);
    await sleep(2000);
  });
  noneRefused(logins, 50);
});
