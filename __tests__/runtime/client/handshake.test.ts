import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, NotConnectedError } from "../../../runtime/client";
import { createAuthority } from "../../../runtime/x509/authority";
import { transports } from "../../support/client-world";

/*
 * A server that goes while somebody dials it: it closes the connection before or within the TLS handshake. The dial has failed
 * then, and the next server is dialled, long before the time for a dial is over.
 */

const info = (port: number) =>
  `INFO ${JSON.stringify({
    server_id: "gone",
    version: "2.15.2",
    proto: 1,
    host: "127.0.0.1",
    port,
    headers: true,
    max_payload: 1_048_576,
    tls_required: true,
    tls_available: true,
  })}\r\n`;

/** What it does with a connection. */
const endings: [string, (socket: Socket, port: number) => void][] = [
  ["before it says who it is", (socket) => socket.end()],
  ["with its words", (socket, port) => socket.end(info(port))],
  ["once the handshake has begun", (socket, port) => socket.once("data", () => socket.end()).write(info(port))],
  ["by a reset at once", (socket, port) => socket.write(info(port), () => socket.resetAndDestroy())],
  [
    "by a reset within the handshake",
    (socket, port) => socket.once("data", () => socket.resetAndDestroy()).write(info(port)),
  ],
];

const folder = mkdtempSync(join(tmpdir(), "natsform-handshake-"));
/** Read at every dial: the connection may end meanwhile. */
const caFile = join(folder, "ca.crt");
beforeAll(async () => writeFileSync(caFile, (await createAuthority("gone", 86_400_000, new Date())).cert));
afterAll(() => rmSync(folder, { recursive: true }));

let server: Server | undefined;
afterEach(() => server?.close());

describe.each(transports)("a server that closes the connection (%s)", (_, transport) => {
  test.each(endings)("%s is a dial that failed at once, and says why", async (_, end) => {
    let dials = 0;
    server = createServer((socket) => {
      dials++;
      socket.on("error", () => undefined);
      end(socket, socket.localPort ?? 0);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = new Client({
      servers: `tls://127.0.0.1:${port}`,
      transport,
      authentication: { kind: "token", token: "x.e30.x" },
      caFile,
      connectTimeoutMs: 30_000,
    });
    const begun = performance.now();
    const failure = await client.connect().then(
      () => undefined,
      (error: unknown) => error,
    );
    await client.close();
    expect(failure).toBeInstanceOf(NotConnectedError);
    expect(String(failure)).not.toMatch(/no answer within|TIMEOUT|timeout/i);
    expect({ dials, soon: performance.now() - begun < 10_000 }).toEqual({ dials: 1, soon: true });
  });
});
