import { PassThrough } from "node:stream";
import type { StreamBackup } from "./manifest";
import { readSnapshotFiles } from "./snapshot-files";

/** Stores the chunks and reads which files they hold, in one pass. */
export async function storeAndRead(
  chunks: AsyncGenerator<Uint8Array>,
  store: (chunks: AsyncIterable<Uint8Array>) => Promise<StreamBackup["data"]>,
) {
  const copy = new PassThrough().on("error", () => {});
  async function* copied() {
    try {
      for await (const chunk of chunks) {
        // The reader of the copy may have given up; that is reported at the end.
        if (!copy.destroyed && !copy.write(chunk)) await drained(copy);
        yield chunk;
      }
      copy.end();
    } finally {
      if (!copy.writableEnded) copy.destroy(new Error("the snapshot was not stored"));
    }
  }
  // A reader that gives up lets the writer go on: it would wait for room that nobody makes.
  const reading = readSnapshotFiles(copy).finally(() => copy.destroy());
  const [stored, read] = await Promise.allSettled([store(copied()), reading]);
  if (stored.status === "rejected") throw stored.reason;
  if (read.status === "rejected") throw read.reason;
  return { data: stored.value, files: read.value };
}

/** Resolves when there is room again, or no reader any more. */
const drained = (pipe: PassThrough) =>
  new Promise<void>((resolve) => {
    const done = () => {
      pipe.off("drain", done).off("close", done);
      resolve();
    };
    pipe.once("drain", done).once("close", done);
  });
