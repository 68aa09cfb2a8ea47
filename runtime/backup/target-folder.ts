import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { makeFolders } from "../../bin/make-folders";
import { syncFolder } from "../common/durable-files";
import { NoSuchObject, type Target } from "./target";

/** Written beside its object and renamed once it is complete and on the disk. */
const UNFINISHED = /\.[0-9a-f]{12}\.tmp$/;

const notThere = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";

/** A folder of a file system; backups in it are readable by their owner alone. */
export function folderTarget(root: string): Target {
  const place = (path: string) => join(root, ...path.split("/"));
  return {
    name: `file://${root}`,
    async list(folder) {
      return (await files(place(folder)))
        .filter((file) => !UNFINISHED.test(file))
        .map((file) => relative(root, file).split(sep).join("/"))
        .sort();
    },
    async write(path, source) {
      const file = place(path);
      const unfinished = `${file}.${randomBytes(6).toString("hex")}.tmp`;
      makeFolders(dirname(file), 0o700);
      try {
        const handle = await open(unfinished, "wx", 0o600);
        try {
          for await (const chunk of source) await handle.writeFile(chunk);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(unfinished, file);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      // The names up to the root are data of their folders: without this a power cut may forget them.
      for (let folder = dirname(file); ; folder = dirname(folder)) {
        syncFolder(folder);
        if (folder === root || !folder.startsWith(root)) break;
      }
    },
    async *read(path) {
      try {
        yield* createReadStream(place(path), { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw notThere(error) ? new NoSuchObject(path) : error;
      }
    },
    async remove(path) {
      await rm(place(path), { force: true });
      try {
        syncFolder(dirname(place(path)));
      } catch (error) {
        if (!notThere(error)) throw error;
      }
      await removeEmpty(dirname(place(path)), root);
    },
    async sweep(folder, before) {
      let swept = 0;
      for (const file of (await files(place(folder))).filter((name) => UNFINISHED.test(name))) {
        const found = await stat(file).catch(() => undefined);
        if (!found || found.mtimeMs >= before) continue;
        await rm(file, { force: true });
        await removeEmpty(dirname(file), root);
        swept++;
      }
      return swept;
    },
  };
}

async function files(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (notThere(error)) return [];
    throw error;
  }
}

/** Folders are no objects: one that is empty goes, and so do those above it. */
async function removeEmpty(folder: string, root: string): Promise<void> {
  for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}
