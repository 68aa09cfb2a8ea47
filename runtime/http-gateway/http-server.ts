import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Problem, problemAnswer } from "./problems";

/** Bounds of node's own server. */

const HEADERS_MS = 10_000;
/** Above the bound of bodies, which is answered better. */
const REQUEST_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;

/** A server for callers. @param balancerIdleMs time after which the balancer in front closes an idle connection */
export function callersServer(
  handle: (req: IncomingMessage, res: ServerResponse) => void,
  balancerIdleMs: number,
): Server {
  const server = createServer(
    {
      // A connection that we close first may be the one on which the balancer is just sending a request.
      keepAliveTimeout: balancerIdleMs + 10_000,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: MAX_HEADER_BYTES,
      // What two parsers may read differently is refused.
      insecureHTTPParser: false,
      requireHostHeader: true,
      noDelay: true,
    },
    handle,
  );
  server.maxHeadersCount = 100;
  server.on("clientError", refuse);
  return server;
}

/** Answers what is no request at all, and ends its connection: nothing after it can be trusted to begin where it seems to. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "body-slow" : "bad-header";
  const { headers, body } = problemAnswer(new Problem(code), Math.random);
  const [status, reason] = code === "body-slow" ? [408, "Request Timeout"] : [400, "Bad Request"];
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${headers["content-type"]}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Listens; port 0 takes a free one. Rejects when the port is taken. */
export function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Takes no more connections, and resolves when all have ended; those that still work after the bound are cut. */
export async function stopped(server: Server, boundMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), boundMs);
  await closed;
  clearTimeout(timer);
}
