import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { pino } from "pino";
import { findNatsServer } from "../cli/core/tools";
import { backUp } from "../runtime/backup/backup";
import type { Scope } from "../runtime/backup/catalog";
import { digestContent } from "../runtime/backup/content";
import { drill } from "../runtime/backup/drill";
import { parseKeys } from "../runtime/backup/keys";
import { restoreStream } from "../runtime/backup/restore-stream";
import { startScratchServer } from "../runtime/backup/scratch-server";
import { takeSnapshot } from "../runtime/backup/snapshot";
import { readData } from "../runtime/backup/stored-data";
import { folderTarget } from "../runtime/backup/target-folder";

const megabytes = 200;
const messageBytes = 1000;
const log = pino({ level: "silent" });
const scope: Scope = { environment: "bench", cluster: "bench", account: "APP" };

/**
 * Duration of a backup and a restore of one stream: the parts of the recovery point and time besides the schedule.
 *
 * One server, messages that do not compress, a folder on the same disk: servers, program and target share everything.
 */
export async function benchBackup(): Promise<void> {
  const natsServer = findNatsServer();
  if (!natsServer) throw new Error("nats-server is not built: make tools");
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  const keys = parseKeys(randomBytes(32).toString("base64"));
  const origin = await startScratchServer(natsServer);
  try {
    const count = (megabytes * 1_000_000) / messageBytes;
    await fill(origin.connection, count);
    const floor = await timed(async () => {
      const { chunks } = await takeSnapshot(origin.connection, "BENCH", { timeoutMs: 60_000, consumers: true });
      for await (const _ of chunks);
    });
    const target = folderTarget(join(folder, "target"));
    const props = { target, scope, now: () => new Date(), log };
    const plain = await timed(() => backUp(origin.connection, props));
    const sealed = await timed(() => backUp(origin.connection, { ...props, key: keys[0] }));
    const manifest = sealed.result;
    const [stream] = manifest.streams;
    if (!stream || !manifest.complete) throw new Error(`the backup is not complete: ${JSON.stringify(manifest.holes)}`);
    const range = { first: 1, last: count };
    const read = await timed(() => digestContent(origin.connection, "BENCH", range, 60_000));

    const scratch = await startScratchServer(natsServer);
    try {
      const place = { target, folder: `${scope.environment}/${scope.cluster}/${scope.account}/${manifest.id}` };
      const { config, state } = stream;
      const data = readData(place, stream, keys, true);
      const restored = await timed(() =>
        restoreStream(scratch.connection, { config, state, data, deadline: Date.now() }),
      );
      await scratch.connection.request("$JS.API.STREAM.DELETE.BENCH");
      const drilled = await timed(() => drill(scratch.connection, { target, manifest, keys, log }));
      if (drilled.result.some(({ result }) => result !== "same")) throw new Error(JSON.stringify(drilled.result));
      const line = (what: string, { ms }: { ms: number }) =>
        `  ${what.padEnd(50)}${(ms / 1000).toFixed(2).padStart(6)} s ${((megabytes / ms) * 1000).toFixed(0).padStart(5)} MB/s\n`;
      process.stdout.write(
        `backup: one stream of ${megabytes} MB in ${count} messages of ${messageBytes} bytes, one server, one run\n` +
          line("floor: a snapshot that nobody keeps", floor) +
          line("backup: snapshot stored, then every message read", plain) +
          line("the same, encrypted", sealed) +
          line("  of which reading every message", read) +
          line("restore: until the stream serves", restored) +
          line("drill: checked, restored, every message compared", drilled),
      );
    } finally {
      await scratch.stop();
    }
  } finally {
    await origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(nc: NatsConnection, count: number): Promise<void> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  await jsm.streams.add({ name: "BENCH", subjects: ["bench.>"] });
  const body = randomBytes(messageBytes + count);
  const stored = jetstream(nc);
  for (let at = 0; at < count; at += 1000)
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        stored.publish(`bench.${(at + i) % 100}`, body.subarray(at + i, at + i + messageBytes)),
      ),
    );
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const started = performance.now();
  const result = await work();
  return { ms: performance.now() - started, result };
}
