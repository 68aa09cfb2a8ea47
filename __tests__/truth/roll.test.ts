import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { EnvironmentInput } from "../../model/config";
import { manager } from "../../runtime/streams/find";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { core, threeServers } from "../support/twin-environment";
import { natsformProcess } from "../support/twin-processes";
import { type MetaGroup, TestTwin } from "../support/twin-project";
import { compare, figures, startPublisher, storedIds, streamInfo } from "../support/twin-publisher";
import { startCluster } from "./streams-cluster";

const project = new TestProject();
const twin = new TestTwin(project, "rolled");
const servers = ["core-0", "core-1", "core-2"];

/** Zones are not told apart: streams of five replicas have to have a place. */
const of = (size: number): EnvironmentInput => {
  const jetstream = { ...core.jetstream, uniqueTag: undefined };
  return threeServers("rolled", { clusters: { core: { ...core, size, jetstream } } });
};

beforeAll(() => twin.up(of(3)));
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** Publishes while `work` is done, and proves that what was acknowledged is there once. */
async function losingNothing(name: string, work: () => Promise<void>): Promise<void> {
  const client = twin.client(twin.service());
  const publisher = startPublisher(client, `orders.${name}`, name);
  const more = () => {
    const reached = publisher.count();
    return eventually("more acknowledgements", () => publisher.count() > reached + 50);
  };
  try {
    await more();
    await work();
    await more();
  } finally {
    await publisher.stop();
    await client.close();
  }
  const published = await publisher.stop();
  console.info(`${name}: ${figures(published)}`);
  const stored = (await twin.read((reader) => storedIds(reader, "ORDERS"))).filter((id) => id.startsWith(`${name}-`));
  expect(compare(stored, published)).toEqual({ lost: [], twice: [] });
  expect(published.failed).toEqual([]);
}

/** A stream that the environment does not know, with some messages. */
const foreign = (name: string, config: object) =>
  twin.read(async (client) => {
    const nc = await client.connection();
    await (await manager(nc)).streams.add({ name, subjects: [`${name}.>`], storage: "file", ...config });
    for (let i = 0; i < 20; i++) await jetstream(nc).publish(`${name}.${i}`, `${i}`);
  });
const holds = (name: string) => twin.read(async (client) => (await streamInfo(client, name)).state.messages);
const serversOf = (name: string) => twin.read(async (client) => (await streamInfo(client, name)).cluster?.leader ?? "");

test("all servers are restarted under load, and nothing that was acknowledged is lost", async () => {
  await foreign("FOREIGN", { num_replicas: 3 });
  await foreign("ALONE", { num_replicas: 1 });
  const before = twin.pids();
  const { meta_cluster } = await twin.ask<MetaGroup>("core-0", "/jsz");
  let rolled: { servers: string[] } | undefined;
  await losingNothing("roll", async () => {
    rolled = JSON.parse(await project.run("roll", "rolled", "--json"));
  });
  expect(rolled?.servers.toSorted()).toEqual(servers);
  for (const server of servers) expect(twin.pid(server)).not.toBe(before[server]);
  // It leads no more: it was moved before it was the last to go.
  expect((await twin.ask<MetaGroup>("core-0", "/jsz")).meta_cluster?.leader).not.toBe(meta_cluster?.leader);
  expect([await holds("FOREIGN"), await holds("ALONE")]).toEqual([20, 20]);
});

test("a disk that would go with the only copy of a stream stays where it is", async () => {
  const before = twin.pids();
  const { code, stderr } = await project.natsform("roll", "rolled", "--empty-disks");
  const alone = await serversOf("ALONE");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`${alone} is not restarted: APP: ALONE has its only copy on ${alone}`),
  });
  expect(stderr).toContain("natsform audit rolled");
  expect(twin.pid(alone)).toBe(before[alone]);
  // The roll is not finished, and only one like it goes on with it.
  const other = await project.natsform("roll", "rolled");
  expect(other.stderr).toContain("a roll that empties disks is not finished");
});

test("each comes back with an empty disk, killed on the way and run again: nothing acknowledged is lost", async () => {
  await losingNothing("empty", async () => {
    for (const moment of [/starts core-\d/, /restarts core-\d: lame duck/])
      await killedAt(moment, "roll", "rolled", "--empty-disks", "--allow-data-loss", "ALONE");
    await project.run("roll", "rolled", "--empty-disks", "--allow-data-loss", "ALONE");
  });
  expect(await holds("FOREIGN")).toBe(20);
  expect(await project.run("audit", "rolled")).toContain("2 streams of 3 the same on all servers");
});

/** Kills a command once it has said that it does something. */
async function killedAt(moment: RegExp, ...args: string[]): Promise<void> {
  const command: ChildProcess = natsformProcess(project, ...args);
  let said = "";
  const note = (chunk: Buffer) => {
    said += chunk;
  };
  command.stdout?.on("data", note);
  command.stderr?.on("data", note);
  const ended = new Promise<void>((resolve) => command.once("exit", () => resolve()));
  await eventually(`the command says ${moment}`, () => {
    if (command.exitCode !== null) throw new Error(said);
    return moment.test(said);
  });
  command.kill("SIGKILL");
  await ended;
}

describe("three servers become five, and three again", () => {
  const members = async (server: string) => (await twin.ask<MetaGroup>(server, "/jsz")).meta_cluster?.cluster_size;
  const replicasOf = (name: string) =>
    twin.read(async (client) => {
      const { cluster } = await streamInfo(client, name);
      return [cluster?.leader, ...(cluster?.replicas ?? []).map((replica) => replica.name)].toSorted();
    });

  test("new servers join, and may hold streams", async () => {
    expect(await twin.up(of(5))).toContain("2 started");
    expect(await members("core-0")).toBe(5);
    // Streams of one copy go to whoever has the fewest: some of these are on new servers.
    for (const name of ["ONE", "TWO", "THREE", "FOUR", "FIVE"]) await foreign(name, { num_replicas: 1 });
    await foreign("WIDE", { num_replicas: 5 });
  });

  test("a stream that needs more servers than stay keeps them", async () => {
    project.write(of(3));
    const { code, stderr } = await project.natsform("up", "rolled", "--yes");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("APP: WIDE is to have 5 replicas, and 3 servers stay: lower it first"),
    });
    expect(await members("core-0")).toBe(5);
    await twin.read(async (client) => {
      await (await manager(await client.connection())).streams.update("WIDE", { num_replicas: 3 });
    });
  });

  test("what leaves hands over first, killed on the way and run again: nothing is lost, and nothing left behind", async () => {
    await losingNothing("shrink", async () => {
      project.write(of(3));
      for (const moment of [/stops core-4: lame duck/, /stops core-3: lame duck/])
        await killedAt(moment, "up", "rolled", "--yes");
    });
    // The others have not seen core-3 since they began, and count it all the same.
    await project.run("down", "rolled");
    expect(await twin.up()).toContain("3 started");
    for (const server of servers) expect(await members(server)).toBe(3);
    for (const name of ["ONE", "TWO", "THREE", "FOUR", "FIVE", "WIDE", "ORDERS"]) {
      expect({ name, others: (await replicasOf(name)).filter((server) => !servers.includes(server ?? "")) }).toEqual({
        name,
        others: [],
      });
      if (name !== "ORDERS") expect(await holds(name)).toBe(20);
    }
    expect((await replicasOf("WIDE")).length).toBe(3);
    expect(Object.keys(twin.running()).filter((name) => /^core-[34]$/.test(name))).toEqual([]);
    expect(await project.run("audit", "rolled")).not.toContain("not compared");
  });
});

test("without its gate the same roll loses what was acknowledged", async () => {
  const cluster = await startCluster({ size: 3 });
  try {
    const nc = await cluster.connect();
    const jsm = await eventually("JetStream answers", () => jetstreamManager(nc, { timeout: 10_000 }));
    await eventually("a stream", () =>
      jsm.streams.add({ name: "ORDERS", subjects: ["orders.>"], num_replicas: 3, storage: "file" }),
    );
    const content = new Uint8Array(16_384);
    const messages = 2000;
    for (let i = 0; i < messages; i += 100)
      await Promise.all(Array.from({ length: 100 }, () => jetstream(nc).publish("orders.one", content)));
    for (const server of cluster.servers) {
      await server.end();
      rmSync(join(server.storeDir, "jetstream"), { recursive: true });
      // Answers on its monitoring port: that is all that is waited for.
      await server.start();
    }
    const left = await eventually("what is left", async () => {
      const names = await jsm.streams.names().next();
      if (!names.includes("ORDERS")) return { messages: 0 };
      return { messages: (await jsm.streams.info("ORDERS")).state.messages };
    });
    console.info(
      `a roll over empty disks without a gate: ${messages - left.messages} of ${messages} acknowledged lost`,
    );
    expect(left.messages).toBeLessThan(messages);
  } finally {
    await cluster.stop();
  }
});
