import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { eventually } from "../support/eventually";
import { startCluster, type TestCluster } from "./streams-cluster";

/** What the plan of a change says of one server that becomes several, and of several that become one. */
const root = mkdtempSync(join(tmpdir(), "natsform-one-many-"));
const disks = (of: string) => ["s0", "s1", "s2"].map((name) => join(root, of, name));
const open: TestCluster[] = [];
afterAll(async () => {
  for (const cluster of open) await cluster.stop();
  rmSync(root, { recursive: true, force: true });
});

/** The first servers of a place, on the disks that they had before. */
async function run(size: number, of: string): Promise<TestCluster> {
  const cluster = await startCluster({ size, storeDirs: disks(of).slice(0, size) });
  open.push(cluster);
  return cluster;
}

/** A manager of JetStream, once it answers. */
async function manager(cluster: TestCluster) {
  const nc = await cluster.connect(...cluster.servers.slice(0, 1));
  await eventually("JetStream", () => jetstreamManager(nc).then(Boolean, () => false));
  return { nc, jsm: await jetstreamManager(nc) };
}

async function messages(cluster: TestCluster): Promise<Record<string, number>> {
  const { jsm } = await manager(cluster);
  const found: Record<string, number> = {};
  for await (const { config, state } of jsm.streams.list()) found[config.name] = state.messages;
  return found;
}

async function fill(cluster: TestCluster, name: string, replicas: number, server?: number): Promise<void> {
  const { nc, jsm } = await manager(cluster);
  const tags = server === undefined ? [] : [`country:${["dk", "no", "se"][server]}`];
  const config = { name, subjects: [`${name}.>`], num_replicas: replicas, storage: StorageType.File };
  await eventually(`${name} is made`, () =>
    jsm.streams.add({ ...config, placement: { cluster: "", tags } }).then(Boolean, () => false),
  );
  for (let i = 0; i < 5; i++) await jetstream(nc).publish(`${name}.a`, `${i}`);
}

test("a server that was alone serves none of its streams as one of several, and removes them half a minute later", async () => {
  const one = await run(1, "grown");
  await fill(one, "ALONE", 1);
  await one.stop();
  const stream = join(root, "grown", "s0", "jetstream", "$G", "streams", "ALONE");
  const three = await run(3, "grown");
  expect(await messages(three)).toEqual({});
  expect(existsSync(stream)).toBe(true);
  await eventually("it is removed", async () => !existsSync(stream), 90);
  await three.stop();
  expect(await messages(await run(1, "grown"))).toEqual({});
});

test("the one that is left of several serves what it has the only copy of, and no stream of several replicas", async () => {
  const three = await run(3, "shrunk");
  await fill(three, "HERE", 1, 0);
  await fill(three, "THERE", 1, 1);
  await fill(three, "WIDE", 3);
  await three.stop();
  const one = await run(1, "shrunk");
  expect(await messages(one)).toEqual({ HERE: 5 });
  await one.stop();
  // Nothing is removed: as three they serve all of them again.
  const again = await run(3, "shrunk");
  await eventually("all are back", async () => Object.keys(await messages(again)).length === 3, 60);
  expect(await messages(again)).toEqual({ HERE: 5, THERE: 5, WIDE: 5 });
});
