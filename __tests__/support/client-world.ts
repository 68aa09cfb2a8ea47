import { Client, type ClientOptions, nats3, type Transport } from "../../runtime/client";
import { nats2 } from "../../runtime/client/transport/nats2";
import { makeFolder, type NatsServer, removeFolder, startNatsServer } from "./callout-nats-server";

/** Both lines of nats.js, for `describe.each`: one suite, so that neither differs unnoticed. */
export const transports: [string, Transport][] = [
  ["@nats-io/transport-node 3", nats3],
  ["nats 2.29", nats2],
];

/** Servers and clients of one test file; all end with {@link end}. */
export class ClientWorld {
  readonly folder = makeFolder();
  readonly #servers: NatsServer[] = [];
  readonly #clients: Client[] = [];

  async server(configuration = "", port?: number): Promise<NatsServer> {
    const server = await startNatsServer(this.folder, configuration, port);
    this.#servers.push(server);
    return server;
  }

  client(server: NatsServer, transport: Transport, options: ClientOptions = {}): Client {
    const client = new Client({
      servers: server.url,
      plaintext: "loopback",
      transport,
      connectTimeoutMs: 30_000,
      requestTimeoutMs: 30_000,
      reconnectSpreadMs: 50,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async closeClients(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }

  async end(): Promise<void> {
    await this.closeClients();
    await Promise.all(this.#servers.map((server) => server.stop()));
    removeFolder(this.folder);
  }
}
