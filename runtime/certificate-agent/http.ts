import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { errorMessage } from "../common/error-message";

export interface AgentHttp {
  port: number;
  close(): Promise<void>;
}

/** A folder that cannot be read is no reason to end: its error is a problem to report. */
function orItsError(missing: () => string[]): string[] {
  try {
    return missing();
  } catch (error) {
    return [errorMessage(error)];
  }
}

/** Serves `/healthz` (200 when nothing is missing) and `/metrics`. */
export function serveHttp(
  { host, port }: { host: string; port: number },
  missing: () => string[],
  registry: Registry,
): Promise<AgentHttp> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { "content-type": type }).end(body);
    if (request.url === "/healthz") {
      const missingFiles = orItsError(missing);
      answer(missingFiles.length === 0 ? 200 : 503, "application/json", JSON.stringify({ missing: missingFiles }));
    } else if (request.url === "/metrics") {
      registry.metrics().then(
        (text) => answer(200, registry.contentType, text),
        () => answer(500, "text/plain", "metrics failed\n"),
      );
    } else answer(404, "text/plain", "not found\n");
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      }),
    );
  });
}
