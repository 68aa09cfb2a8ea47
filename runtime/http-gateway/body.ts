import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Problem } from "./problems";

/**
 * The body of a request, bounded in bytes and time.
 *
 * @throws Problem `body-too-large`, before anything is read where its length says so; `body-slow`
 */
export async function readBody(request: IncomingMessage, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw new Problem("body-too-large");
  const chunks: Buffer[] = [];
  let bytes = 0;
  const ends = new AbortController();
  const { signal } = ends;
  const timer = setTimeout(() => ends.abort(new Problem("body-slow")), timeoutMs);
  try {
    const arrived = once(request, "end", { signal });
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) ends.abort(new Problem("body-too-large"));
      else chunks.push(chunk);
    });
    // Nobody is left to hear of it.
    request.once("close", () => ends.abort(new Problem("body-slow")));
    await arrived;
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    throw signal.aborted ? signal.reason : new Problem("body-slow", error);
  } finally {
    clearTimeout(timer);
    request.removeAllListeners("data");
  }
}
