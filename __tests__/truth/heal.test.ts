import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { manager } from "../../runtime/streams/find";
import { eventually } from "../support/eventually";
import { filesBelow } from "../support/files";
import { TestProject } from "../support/project";
import { threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { streamInfo } from "../support/twin-publisher";

const project = new TestProject();
const twin = new TestTwin(project, "healed");
const wounded = "core-1";
const store = twin.folder.server(wounded).store;
const messages = 300;

beforeAll(async () => {
  await twin.up(threeServers("healed"));
  await twin.read(async (client) => {
    const nc = await client.connection();
    const { streams } = await manager(nc);
    await streams.add({ name: "QUEUE", subjects: ["queue.>"], num_replicas: 3, retention: "workqueue" });
    for (let i = 0; i < messages; i++) await jetstream(nc).publish(`orders.${i % 7}`, `order ${i} ${"x".repeat(500)}`);
    await jetstream(nc).publish("queue.one", "job");
  });
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** A test that fails half-way leaves its wound, for which the next one is not to fail. */
afterEach(async () => {
  if (twin.pids()[wounded] === undefined) await project.natsform("heal", "healed", wounded);
});

/** What heal says that it did; afterwards every replica has every message again. */
async function healed(...options: string[]): Promise<string> {
  const begun = Date.now();
  const { outcome } = JSON.parse(await project.run("heal", "healed", wounded, ...options, "--json"));
  // Within a minute on a machine that has nothing else to do: told, and not judged.
  console.info(`heal, ${expect.getState().currentTestName}: ${outcome} in ${Date.now() - begun} ms`);
  const { verdict, streams } = JSON.parse((await project.natsform("audit", "healed", "--json")).stdout);
  // A queue is not read.
  expect(verdict).toBe("incomplete");
  expect(streams).toContainEqual(
    expect.objectContaining({ stream: "ORDERS", verdict: "agree", messages, servers: ["core-0", "core-1", "core-2"] }),
  );
  await twin.read(async (client) => {
    const { state, cluster } = await streamInfo(client, "QUEUE");
    expect([state.messages, cluster?.replicas?.every(({ current, offline }) => current && !offline)]).toEqual([
      1,
      true,
    ]);
  });
  return outcome;
}

const changed = (path: string, change: (content: Buffer) => void) => {
  const content = readFileSync(path);
  change(content);
  writeFileSync(path, content);
};

test("nothing is done to a server that is well", async () => {
  const before = twin.pids();
  expect(await healed()).toBe("well");
  expect(twin.pids()).toEqual(before);
});

test("the snapshot of the meta group is damaged: it refuses to start, and is emptied", async () => {
  process.kill(twin.pid(wounded), "SIGTERM");
  await eventually("it is gone", () => twin.pids()[wounded] === undefined);
  const snapshots = filesBelow(store).filter((file) => file.includes("_meta_/snapshots/"));
  expect(snapshots).not.toEqual([]);
  for (const file of snapshots)
    changed(join(store, file), (content) => {
      const middle = Math.floor(content.length / 2);
      content[middle] = (content[middle] ?? 0) ^ 0xff;
    });
  // Nobody has to know what the line in the log means.
  const { code, stderr } = await project.natsform("up", twin.name, "--yes");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("snapshot corrupt") });
  expect(stderr).toContain(`natsform heal ${twin.name} ${wounded} empties it where the others are current`);
  expect(await healed()).toBe("emptied");
  expect(readFileSync(twin.folder.server(wounded).log, "utf8")).toContain("snapshot corrupt");
});

test("killed", async () => {
  await twin.kill(wounded);
  expect(await healed()).toBe("restarted");
});

test("frozen", async () => {
  process.kill(twin.pid(wounded), "SIGSTOP");
  expect(await healed()).toBe("restarted");
});

test("its store is gone", async () => {
  await twin.kill(wounded);
  rmSync(join(store, "jetstream"), { recursive: true });
  expect(await healed()).toBe("restarted");
});

test("everything of it is gone: its machine does not return", async () => {
  await twin.kill(wounded);
  rmSync(twin.folder.server(wounded).root, { recursive: true });
  expect(await healed()).toBe("restarted");
});

test("it has lost power: its disk is not asked", async () => {
  await twin.kill(wounded);
  const marker = join(store, "jetstream", "of-before");
  writeFileSync(marker, "");
  expect(await healed("--empty")).toBe("emptied");
  expect(existsSync(marker)).toBe(false);
});

test("blocks of messages are damaged", async () => {
  await twin.kill(wounded);
  const blocks = filesBelow(store).filter((file) => /streams\/ORDERS\/msgs\/\d+\.blk$/.test(file));
  expect(blocks.length).toBeGreaterThan(0);
  for (const file of blocks)
    changed(join(store, file), (content) => {
      for (let i = 100; i < content.length; i += 997) content[i] = (content[i] ?? 0) ^ 0xff;
    });
  expect(["restarted", "emptied"]).toContain(await healed());
});

/** Files of a stream's store on the wounded server. */
const filesOf = (stream: string, pattern: RegExp) => {
  const found = filesBelow(store).filter((file) => file.includes(`/streams/${stream}/`) && pattern.test(file));
  expect(found).not.toEqual([]);
  return found.map((file) => join(store, file));
};

test("half of a block of messages is cut off", async () => {
  await twin.kill(wounded);
  for (const file of filesOf("ORDERS", /msgs\/\d+\.blk$/)) truncateSync(file, Math.floor(statSync(file).size / 2));
  expect(["restarted", "emptied"]).toContain(await healed());
});

test("blocks and what says which stream they are of are empty, as after a power cut", async () => {
  await twin.kill(wounded);
  for (const file of filesOf("ORDERS", /msgs\/\d+\.blk$|meta\.(inf|sum)$/)) truncateSync(file, 0);
  expect(["restarted", "emptied"]).toContain(await healed());
});

test("what its groups have agreed upon is damaged", async () => {
  await twin.kill(wounded);
  const logs = filesBelow(store).filter((file) => /\/_js_\/.*\/msgs\/\d+\.blk$/.test(`/${file}`));
  expect(logs.length).toBeGreaterThan(0);
  for (const file of logs)
    changed(join(store, file), (content) => {
      for (let i = 20; i < content.length; i += 97) content[i] = (content[i] ?? 0) ^ 0xff;
    });
  expect(["restarted", "emptied"]).toContain(await healed());
});

test("its configuration is not what it is to run, and it does not start", async () => {
  process.kill(twin.pid(wounded), "SIGTERM");
  await eventually("it is gone", () => twin.pids()[wounded] === undefined);
  writeFileSync(twin.folder.server(wounded).conf, "jetstream { store_dir: ");
  expect(await healed()).toBe("restarted");
});

const canMount = (() => {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

(canMount ? test : test.skip)("its disk is full, and JetStream is off, until there is room again", async () => {
  await twin.kill(wounded);
  rmSync(store, { recursive: true });
  execFileSync("mkdir", [store]);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", store]);
  try {
    expect(await healed()).toBe("restarted");
    await twin.read(async (client) => {
      const nc = await client.connection();
      const { streams } = await manager(nc);
      // Made while there is room: on a full disk a server may fail to make its copy, and go on without.
      await eventually("there is a stream to fill, everywhere", async () => {
        await streams.add({ name: "FILL", subjects: ["fill.>"], num_replicas: 3 });
        const { cluster } = await streamInfo(client, "FILL");
        return cluster?.replicas?.length === 2 && cluster.replicas.every(({ current, offline }) => current && !offline);
      });
      writeFileSync(join(store, "ballast"), "");
      try {
        for (;;) writeFileSync(join(store, "ballast"), Buffer.alloc(65_536), { flag: "a" });
      } catch {
        // Full.
      }
      await eventually("JetStream is off there", async () => {
        // A stream that was just made is behind for a moment, which is no wound.
        if ((await twin.ask<{ disabled?: boolean }>(wounded, "/jsz")).disabled) return true;
        await jetstream(nc).publish("fill.one", new Uint8Array(100_000));
        return false;
      });
      await eventually("the stream is gone", async () => {
        await streams.delete("FILL").catch(() => undefined);
        return !(await streams.names().next()).includes("FILL");
      });
    });
    rmSync(join(store, "ballast"));
    expect(await healed()).toBe("restarted");
  } finally {
    if (twin.pids()[wounded] !== undefined) await twin.kill(wounded);
    execFileSync("umount", [store]);
  }
  expect(await healed()).toBe("restarted");
});

test("the last good copy is not removed: while another is away, and of streams that nobody else holds", async () => {
  await twin.kill("core-0");
  const away = await project.natsform("heal", "healed", wounded, "--empty");
  expect(away).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${wounded} is not emptied: core-0 does not run`),
  });
  expect(away.stderr).toContain("natsform backup");
  await project.run("heal", "healed", "core-0");
  const alone = await twin.read(async (client) => {
    const { streams } = await manager(await client.connection());
    // Asked again: who leads the meta group may change in these moments.
    const { cluster } = await eventually("a stream with one copy", () =>
      streams.add({ name: "ALONE", subjects: ["alone.>"], num_replicas: 1 }),
    );
    return cluster?.leader ?? "";
  });
  const only = await project.natsform("heal", "healed", alone, "--empty");
  expect(only).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${alone} is not emptied: APP: ALONE has its only copy on ${alone}`),
  });
  const unknown = await project.natsform("heal", "healed", "core-9");
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("there are: core-0, core-1, core-2") });
});
