import { readFileSync } from "node:fs";
import { fromSeed } from "nkeys.js";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { AttackedServer } from "../support/attacks/attacked-server";
import { frame, type RawConnection, rawNats, rawTls, upgrade } from "../support/attacks/raw";
import { core, oidc, permissions } from "../support/twin-environment";

/**
 * Family D of docs/attacks.md: every fixed user at every listener, in the protocol of clients and of leaf nodes, with the
 * certificate that leaf nodes bring and without one. The servers know these users by themselves, so the callout cannot
 * say anything about them.
 */
const environment: EnvironmentInput = {
  name: "doors",
  identity: { mode: "callout", oidc, permissions },
  clusters: {
    core: {
      ...{ ...core, size: 1, leafHub: true, websocket: { allowedOrigins: ["https://app.example.com"] } },
      foreignLeafs: { partner: { accounts: ["APP"] } },
      backup: { to: "s3://doors/backup" },
    },
  },
};
const clients = ["sys", "observer", "responder", "streams-APP", "backup-APP"];
const leafs = ["leaf-partner-APP"];

const server = new AttackedServer();
const connections: RawConnection[] = [];

beforeAll(() => server.start(environment, defaultRelease));
afterAll(async () => {
  for (const connection of connections) connection.end();
  await server.remove();
});

/** What signs the nonce of an INFO, as the CONNECT of a client or a leaf node. */
async function login(user: string, info: string, more: object): Promise<string> {
  const pair = fromSeed(new TextEncoder().encode(await server.seed(`user-${user}`)));
  const nonce = /"nonce":"([^"]+)"/.exec(info)?.[1] ?? "";
  const sig = Buffer.from(pair.sign(new TextEncoder().encode(nonce))).toString("base64url");
  return `CONNECT ${JSON.stringify({ nkey: pair.getPublicKey(), sig, tls_required: true, ...more })}\r\nPING\r\n`;
}

type Door = "client" | "websocket" | "leaf node";
const doors: Record<Door, (user: string, certificate?: { cert: string; key: string }) => Promise<boolean>> = {
  client: async (user, certificate) => {
    const connection = await rawNats(server.port("client"), { ...trusting("client"), ...certificate });
    return isIn(connection, await login(user, connection.info, { protocol: 1 }));
  },
  websocket: async (user, certificate) => {
    const connection = await rawTls(server.port("websocket"), { ...trusting("websocket"), ...certificate });
    connections.push(connection);
    connection.send(upgrade("/", { Origin: "https://app.example.com" }));
    const info = await connection.until(/"nonce":"[^"]+"/);
    return isIn(connection, frame(Buffer.from(await login(user, info, { protocol: 1 }))));
  },
  "leaf node": async (user, certificate) => {
    const connection = await rawNats(server.port("leafnodes"), { ...trusting("leaf node"), ...certificate });
    return isIn(connection, await login(user, connection.info, { name: "leaf" }));
  },
};

/** Nobody here is to be deceived about the server: its name does not count. */
const trusting = (door: Door) => ({
  ca: door === "leaf node" ? server.certificate("leafnodes").ca : readFileSync(server.caFile),
  checkServerIdentity: () => undefined,
});

async function isIn(connection: RawConnection, connect: string | Uint8Array): Promise<boolean> {
  connections.push(connection);
  connection.send(connect);
  const said = await connection.until(/PONG|-ERR/);
  return said.includes("PONG") && !said.includes("-ERR");
}

test("these are all the users that servers know by themselves", () => {
  const { users } = server.single.topology.identity;
  expect(users.map(({ name }) => name).sort()).toEqual([...clients, ...leafs].sort());
});

const tries = [...clients, ...leafs].flatMap((user) =>
  (Object.keys(doors) as Door[]).flatMap((door) => [true, false].map((brings) => [user, door, brings] as const)),
);
test.each(tries)("%s as a %s, with a certificate of leaf nodes: %s", async (user, door, brings) => {
  const { cert, key } = server.certificate("leafnodes");
  const right = leafs.includes(user) ? door === "leaf node" && brings : door === "client";
  expect(await doors[door](user, brings ? { cert, key } : undefined)).toBe(right);
});
