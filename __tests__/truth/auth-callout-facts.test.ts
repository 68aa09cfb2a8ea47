import { connect, nkeyAuthenticator } from "nats";
import { createAccount, createUser } from "nkeys.js";
import { seedOf, signWithNkeys } from "../support/callout-keys";
import { makeFolder, type NatsServer, removeFolder, startNatsServer } from "../support/callout-nats-server";

const [issuer, responder] = [createAccount(), createUser()];
const folder = makeFolder();
let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer(
    folder,
    `accounts { AUTH { users: [{ nkey: ${responder.getPublicKey()} }] }, APP {} }
     authorization { timeout: 30, auth_callout {
       issuer: ${issuer.getPublicKey()}, account: AUTH, auth_users: [${responder.getPublicKey()}]
     } }`,
  );
});
afterAll(async () => {
  await server?.stop();
  removeFolder(folder);
});

/** The reason why the rules have no limits, and why kinds of connections are decided before a JWT is made. */
test("nats-server applies neither limits nor connection types of a user from a callout", async () => {
  const servers = `127.0.0.1:${server.port}`;
  const answering = await connect({ servers, authenticator: nkeyAuthenticator(Buffer.from(seedOf(responder))) });
  answering.subscribe("$SYS.REQ.USER.AUTH", {
    callback: (_, message) => {
      const { nats } = JSON.parse(Buffer.from(message.string().split(".")[1] ?? "", "base64url").toString());
      const common = { iss: issuer.getPublicKey(), sub: nats.user_nkey, iat: 1 };
      const limits = { subs: 1, payload: 8, allowed_connection_types: ["WEBSOCKET"] };
      const jwt = signWithNkeys(
        { ...common, aud: "APP", nats: { ...limits, data: -1, type: "user", version: 2 } },
        issuer,
      );
      const answer = { jwt, type: "authorization_response", version: 2 };
      message.respond(signWithNkeys({ ...common, aud: nats.server_id.id, nats: answer }, issuer));
    },
  });
  await answering.flush();

  const limited = await connect({ servers, token: "any", reconnect: false, timeout: 60_000 });
  const received: number[] = [];
  for (const subject of ["a", "b", "c"])
    limited.subscribe(subject, { callback: (error, { data }) => received.push(error ? -1 : data.length) });
  limited.publish("c", "x".repeat(1000));
  await limited.flush();
  expect(received).toEqual([1000]);
  await limited.close();
  await answering.close();
});
