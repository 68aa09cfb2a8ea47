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
  return new Promise((resolve, reject) => {
    const finish = (problem: Problem | undefined) => {
      clearTimeout(timer);
      request.off("data", take).off("end", done).off("error", failed).off("close", failed);
      if (problem) reject(problem);
      else resolve(Buffer.concat(chunks, bytes));
    };
    const timer = setTimeout(() => finish(new Problem("body-slow")), timeoutMs);
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish(new Problem("body-too-large"));
      else chunks.push(chunk);
    };
    const done = () => finish(undefined);
    // Nobody is left to hear of it.
    const failed = () => finish(new Problem("body-slow"));
    request.on("data", take).on("end", done).on("error", failed).on("close", failed);
  });
}
