import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "nkeys.js";
import type { NatsServer } from "../support/callout-nats-server";
import { ClientWorld, transports } from "../support/client-world";
import { eventually } from "../support/eventually";

const world = new ClientWorld();
const file = join(world.folder, "service.creds");
const [operator, account] = [createOperator(), createAccount()];
const limits = { subs: -1, conn: -1, data: -1, payload: -1 };
let server: NatsServer;
let configuration: string;

/** Writes the creds of a user of this name, who may listen below its own inbox prefix and to `who`. */
async function writeCreds(name: string): Promise<void> {
  const user = createUser();
  const jwt = await encodeUser(name, user, account, { sub: { allow: [`_INBOX.${name}.>`, "who"] } });
  // Without a line break at its end, as a secret comes that was trimmed.
  writeFileSync(file, new TextDecoder().decode(fmtCreds(jwt, user)).trim());
}

beforeAll(async () => {
  configuration = `
    operator: ${await encodeOperator("test", operator)}
    resolver: MEMORY
    resolver_preload: ${JSON.stringify({ [account.getPublicKey()]: await encodeAccount("APP", account, { limits }, { signer: operator }) })}`;
  server = await world.server(configuration);
});
afterAll(() => world.end());

test.each(transports)(
  "creds in a file log in with the private inbox, and a rotated file at the next dial, over %s",
  async (_, transport) => {
    await writeCreds("first");
    const client = world.client(server, transport, { authentication: { kind: "creds-file", file }, name: "service" });
    await client.serve("who", { handler: ({ reply }) => reply });
    expect((await client.request("who")).string()).toMatch(/^_INBOX\.first\./);
    // The server knows no key that was rotated out: it takes the new one alone.
    await writeCreds("first");
    await server.stop();
    server = await world.server(configuration, server.port);
    await eventually("a login with the new file", () => client.isConnected());
    expect((await client.request("who")).string()).toMatch(/^_INBOX\.first\./);
    expect(client.health()).toMatchObject({ ready: true, nats: { reconnects: 1 } });
  },
);

test.each(transports)("a file that is not there is said, over %s", async (_, transport) => {
  const authentication = { kind: "creds-file", file: join(world.folder, "none.creds") } as const;
  const client = world.client(server, transport, { authentication });
  await expect(client.connect()).rejects.toMatchObject({
    code: "not-connected",
    message: expect.stringContaining("none.creds"),
  });
});
