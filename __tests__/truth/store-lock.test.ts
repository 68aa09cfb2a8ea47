import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { withStore } from "../../cli/twin/servers";
import { natsCommand } from "../../templates/nats-entrypoint";
import { lockFile, storeInUse } from "../../templates/store-lock";
import { freePort } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { type Program, startProgram } from "../support/start-program";

const root = mkdtempSync(join(tmpdir(), "natsform-lock-"));
const bin = join(root, "bin");
const started: Program[] = [];

beforeAll(() => {
  const program = findProgram("nats-server");
  if (!program) throw new Error("nats-server is not built: make tools");
  mkdirSync(bin);
  symlinkSync(program, join(bin, "nats-server"));
});
afterAll(async () => {
  for (const { pid } of started) for (const child of children(pid)) process.kill(child, "SIGKILL");
  await Promise.all(started.map((one) => one.end("SIGKILL")));
  rmSync(root, { recursive: true, force: true });
});

/** A store, and servers on it, each with a port of its own. */
function store() {
  const folder = mkdtempSync(join(root, "store-"));
  const conf = async (name: string) => {
    const file = join(folder, `${name}.conf`);
    const port = await freePort();
    writeFileSync(file, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}" }\n`);
    return { file, port };
  };
  const run = (command: string, args: readonly string[], path = `${bin}:${process.env.PATH}`) => {
    const program = startProgram(command, args, { PATH: path });
    started.push(program);
    return program;
  };
  return {
    folder,
    async container(name: string, waitSeconds: number) {
      const { file, port } = await conf(name);
      const [shell = "", ...args] = natsCommand({ configFile: file, store: folder, waitSeconds });
      return { port, program: run(shell, args) };
    },
    async twin(name: string, path?: string) {
      const { file, port } = await conf(name);
      const lastArguments = ["-c", file];
      const { command, args } = withStore({ store: folder, lastArguments } as never, join(bin, "nats-server"));
      return { port, program: run(command, args, path) };
    },
  };
}

const children = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};
const openedStore = "Starting JetStream";
const ended = (program: Program) => eventually("end", async () => !program.isRunning(), 60);

async function publish(port: number, count: number): Promise<NatsConnection> {
  const nc = await connect({ servers: `127.0.0.1:${port}` });
  await (await nc.jetstreamManager()).streams.add({ name: "S", subjects: ["s"] });
  for (let i = 0; i < count; i++) await nc.jetstream().publish("s");
  return nc;
}

test("a second server through the entry point never opens the store, says why, and takes it over once the first is gone", async () => {
  const { container } = store();
  const first = await container("first", 5);
  await first.program.says("Server is ready");
  const second = await container("second", 60);
  await second.program.says(/waits up to 60 s for the store, which process \d+ on \S+ has/);
  const nc = await publish(first.port, 20);
  await nc.close();
  expect(second.program.log()).not.toContain(openedStore);

  // The shell alone: the server still has the store, and so the lock.
  const [server = 0] = children(first.program.pid);
  process.kill(first.program.pid, "SIGKILL");
  await ended(first.program);
  const again = await container("again", 0);
  await ended(again.program);
  expect({ code: again.program.exitCode(), opened: again.program.log().includes(openedStore) }).toEqual({
    code: storeInUse,
    opened: false,
  });
  expect(second.program.log()).not.toContain(openedStore);

  process.kill(server, "SIGKILL");
  await second.program.says("Server is ready");
  const after = await connect({ servers: `127.0.0.1:${second.port}` });
  const { state } = await (await after.jetstreamManager()).streams.info("S");
  await after.close();
  expect(state.messages).toBe(20);
});

test("a server that waits for the store ends when it is stopped", async () => {
  const { container } = store();
  const first = await container("first", 5);
  await first.program.says("Server is ready");
  const second = await container("second", 600);
  await second.program.says("waits up to 600 s");
  process.kill(second.program.pid, "SIGTERM");
  await ended(second.program);
  expect(second.program.exitCode()).toBe(143);
});

test("a twin's server, and one that is started the same way on its store, do not meet", async () => {
  const { twin, container, folder } = store();
  const first = await twin("first");
  await first.program.says("Server is ready");
  expect(readFileSync(join(folder, lockFile), "utf8")).toContain(`process ${first.program.pid} on`);
  const second = await container("second", 0);
  await ended(second.program);
  expect(second.program.exitCode()).toBe(storeInUse);
  expect(second.program.log()).not.toContain(openedStore);
});

/** A folder with some programs alone, to be the whole `PATH`. */
function only(...names: string[]): string {
  const folder = mkdtempSync(join(root, "path-"));
  for (const name of names) symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(folder, name));
  return folder;
}

test("without flock, as on macOS, Perl takes the same lock for a twin, until its server is gone", async () => {
  const { twin, container } = store();
  const path = only("perl", "cat", "sleep", "hostname");
  const first = await twin("first", path);
  await first.program.says("Server is ready");
  for (const second of [await twin("second", path), await container("third", 0)]) {
    await ended(second.program);
    expect(second.program.exitCode()).toBe(storeInUse);
    expect(second.program.log()).not.toContain(openedStore);
  }
  await first.program.end("SIGKILL");
  await (await twin("fourth", path)).program.says("Server is ready");
});

test("where there is neither, a twin's server says that nothing guards its store", async () => {
  const { twin } = store();
  const first = await twin("first", only("cat"));
  await first.program.says("there is neither flock nor perl: nothing keeps a second server off");
  await first.program.says("Server is ready");
});
