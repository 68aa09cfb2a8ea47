import { NatsClient } from "../../runtime/client";
import { makeCertificate, makeFolder, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

const folder = makeFolder();
afterAll(() => removeFolder(folder));

const CLIENTS = 200;
const token = "hunter2";

/** As on a machine that does much else: of every 200 ms the program has 80 for its connections. */
function makeBusy(): () => void {
  const timer = setInterval(() => {
    for (const end = Date.now() + 120; Date.now() < end; );
  }, 200);
  return () => clearInterval(timer);
}

test("two hundred clients of one busy program are all back after their server died, and do not storm it", async () => {
  const { certFile, keyFile } = makeCertificate(folder);
  const configuration = (more = "") => `
    debug: true
    tls { cert_file: "${certFile}", key_file: "${keyFile}"${more} }
    authorization { token: ${token} }`;
  // Two hundred handshakes at once are no matter of this test: a server gives each two seconds.
  const first = await startNatsServer(folder, configuration(", timeout: 60"));
  const clients = Array.from(
    { length: CLIENTS },
    () =>
      new NatsClient({
        servers: first.url,
        caFile: certFile,
        authentication: { kind: "token", token },
        connectTimeoutMs: 60_000,
      }),
  );
  await Promise.all(clients.map((client) => client.connection()));
  await first.stop();
  await eventually("all noticed", () => clients.every((client) => !client.health().connected));
  const stopBusy = makeBusy();
  const second = await startNatsServer(folder, configuration(), first.port);
  try {
    await eventually("all are back", () => clients.every((client) => client.health().connected));
    // One each, and few that came to nothing.
    const dials = second.log().match(/Client connection created/g)?.length ?? 0;
    expect(dials).toBeLessThan(2 * CLIENTS);
  } finally {
    stopBusy();
    await Promise.all(clients.map((client) => client.close()));
    await second.stop();
  }
});
