import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, Events, type NatsConnection } from "nats";
import { natsCommand } from "../../templates/nats-entrypoint";
import { freePort } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { type Program, startProgram } from "../support/start-program";

const folder = mkdtempSync(join(tmpdir(), "natsform-entry-"));
const started: Program[] = [];
const connections: NatsConnection[] = [];

beforeAll(() => {
  const program = findProgram("nats-server");
  if (!program) throw new Error("nats-server is not built: make tools");
  symlinkSync(program, join(folder, "nats-server"));
});
afterAll(async () => {
  await Promise.all(connections.filter((one) => !one.isClosed()).map((one) => one.close()));
  // Its own signals first: a shell that is killed leaves its server behind.
  for (const pid of pids()) process.kill(pid, "SIGKILL");
  await Promise.all(started.map((one) => one.end("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

const pidFile = (name: string) => join(folder, `${name}.pid`);
const pidOf = (name: string) => Number(readFileSync(pidFile(name), "utf8"));
const pids = () =>
  ["a", "b", "c", "it's quoted"]
    .filter((name) => existsSync(pidFile(name)))
    .map(pidOf)
    .filter((pid) => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("nats-server"));

/** Starts a server as its container does. */
function start(name: string, conf: string, ...args: string[]): Program {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, `pid_file: "${pidFile(name)}"\n${conf}`);
  const [shell = "", ...rest] = natsCommand({ configFile: file, store: mkdtempSync(join(folder, "store-")) });
  const program = startProgram(shell, [...rest, ...args], { PATH: `${folder}:${process.env.PATH}` });
  started.push(program);
  return program;
}

test("SIGTERM lets clients move before the server ends with 0", async () => {
  const [portA, portB, routeA, routeB] = await Promise.all(Array.from({ length: 4 }, freePort));
  const conf = (port?: number, own?: number, other?: number) => `listen: "127.0.0.1:${port}"
    lame_duck_duration: 30s
    lame_duck_grace_period: 1s
    cluster { name: test, listen: "127.0.0.1:${own}", routes: ["nats://127.0.0.1:${other}"] }`;
  const a = start("a", conf(portA, routeA, routeB));
  const b = start("b", conf(portB, routeB, routeA));
  await Promise.all([a.says("Route connection created"), b.says("Route connection created")]);

  const client = await connect({ servers: [`127.0.0.1:${portA}`, `127.0.0.1:${portB}`], noRandomize: true });
  connections.push(client);
  const seen: string[] = [];
  void (async () => {
    for await (const { type } of client.status()) seen.push(type);
  })();
  process.kill(a.pid, "SIGTERM");
  await eventually("the client is on the other server", async () => client.getServer() === `127.0.0.1:${portB}`, 60);
  await client.flush();
  expect(seen).toContain(Events.LDM);
  await eventually("end", async () => !a.isRunning(), 60);
  expect(a.exitCode()).toBe(0);
  expect(a.log()).toContain("Entering lame duck mode");

  process.kill(b.pid, "SIGTERM");
  process.kill(b.pid, "SIGTERM");
  await client.close();
  await eventually("end", async () => !b.isRunning(), 60);
  expect(b.exitCode()).toBe(0);
});

test("a code of the server passes through, and so do arguments", async () => {
  const broken = start("c", "no_such_key: true\n");
  await eventually("end", async () => !broken.isRunning(), 60);
  expect(broken.exitCode()).toBe(1);

  const version = start("c", "", "--version");
  await eventually("end", async () => !version.isRunning(), 60);
  expect({ code: version.exitCode(), said: version.log() }).toMatchObject({
    code: 0,
    said: expect.stringMatching(/nats-server: v/),
  });
});

test("SIGHUP is a reload, a server that is killed ends the container, and any path will do", async () => {
  const name = "it's quoted";
  const port = await freePort();
  const program = start(name, `listen: "127.0.0.1:${port}"\n`);
  await program.says("Server is ready");
  process.kill(program.pid, "SIGHUP");
  await program.says("Reloaded server configuration");
  expect(program.isRunning()).toBe(true);
  process.kill(pidOf(name), "SIGKILL");
  await eventually("end", async () => !program.isRunning(), 60);
  expect(program.exitCode()).toBe(137);
});
