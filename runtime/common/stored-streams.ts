import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Streams in a server's store, by account: its public key in operator mode, otherwise its name. A server names none itself of
 * an account that it cannot look up.
 *
 * @param store `store_dir` of the server
 */
export function storedStreams(store: string): Map<string, string[]> {
  const root = join(store, "jetstream");
  const folders = existsSync(root) ? readdirSync(root) : [];
  return new Map(
    folders.flatMap((account) => {
      const streams = join(root, account, "streams");
      return existsSync(streams) ? [[account, readdirSync(streams).sort()] as const] : [];
    }),
  );
}
