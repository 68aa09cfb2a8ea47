import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Passes requests on to an HTTP server, or fails them as a service that is down does. */
export class FaultProxy {
  fault: "none" | "500" | "reset" = "none";
  /** Requests that were passed on: `GET /path` or the operation that the header names. */
  readonly seen: string[] = [];
  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const proxy = new FaultProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
      if (proxy.fault === "reset") return incoming.socket.destroy();
      if (proxy.fault === "500") return response.writeHead(500).end();
      proxy.seen.push(String(incoming.headers["x-amz-target"] ?? `${incoming.method} ${incoming.url}`));
      const { hostname, port } = new URL(target);
      const { method, url: path, headers } = incoming;
      const onward = request({ hostname, port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      incoming.pipe(onward);
    });
    return proxy;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
