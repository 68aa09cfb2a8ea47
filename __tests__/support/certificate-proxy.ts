import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What passes to an emulated AWS, one request after the other. */
export interface SerialProxy {
  url: string;
  /** Answers 500 to every request for which this is true; it sees the host's target header or the path. */
  refuse(when: (what: string) => boolean): void;
  stop(): Promise<void>;
}

/**
 * Lets requests through one at a time. The emulated AWS answers each in a thread of its own and compares and writes in
 * two steps, so that conditional writes there are not what they are at AWS: one step.
 */
export async function startSerialProxy(target: string): Promise<SerialProxy> {
  let last: Promise<unknown> = Promise.resolve();
  let refused = (_: string) => false;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const what = `${incoming.headers["x-amz-target"] ?? ""} ${incoming.method} ${incoming.url}`;
      if (refused(what)) {
        outgoing.writeHead(500).end();
        return;
      }
      last = last.then(
        () =>
          new Promise<void>((done) => {
            const url = new URL(incoming.url ?? "/", target);
            const headers = { ...incoming.headers };
            const call = request(url, { method: incoming.method, headers }, (answer) => {
              outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
              answer.pipe(outgoing);
              answer.on("close", done);
            });
            call.on("error", () => {
              outgoing.destroy();
              done();
            });
            call.end(Buffer.concat(chunks));
          }),
      );
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse(when) {
      refused = when;
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
