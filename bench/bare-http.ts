import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";

/**
 * The floor of the HTTP gateway, in a process of its own: node's server, which sends each body on as one NATS request over TLS
 * and answers with the answer, and to GET with an event stream. It verifies nothing, limits nothing and counts nothing.
 */
async function main(): Promise<void> {
  const [url, caFile = "", seedFile = ""] = process.argv.slice(2);
  const connection = await connect({
    servers: url ?? "",
    tls: { ca: readFileSync(caFile, "utf8") },
    authenticator: nkeyAuthenticator(readFileSync(seedFile).subarray(0, 58)),
    noAsyncTraces: true,
    inboxPrefix: process.argv[5],
  });
  const server = createServer((req, res) => {
    if (req.method === "GET") {
      res.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
      return;
    }
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      connection.request("echo.a", Buffer.concat(chunks), { timeout: 5000 }).then(
        ({ data }) => res.writeHead(200, { "content-type": "application/json" }).end(data),
        () => res.writeHead(500).end(),
      );
    });
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
}

void main();
