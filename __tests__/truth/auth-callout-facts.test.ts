import { connect, nkeyAuthenticator } from "nats";
import { createAccount, createUser } from "nkeys.js";
import { compareVersions } from "../../model/config/server-keys";
import { seedOf, signWithNkeys } from "../support/callout-keys";
import { makeFolder, type NatsServer, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { onEachRelease } from "../support/releases";

const [issuer, responder] = [createAccount(), createUser()];
const folder = makeFolder();
const servers: NatsServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
  removeFolder(folder);
});

/** A server whose callout lets everybody in, as a user with these limits. */
async function startAdmitting(program: string, limits: object) {
  const server = await startNatsServer(
    folder,
    `accounts { AUTH { users: [{ nkey: ${responder.getPublicKey()} }] }, APP {} }
     authorization { timeout: 30, auth_callout {
       issuer: ${issuer.getPublicKey()}, account: AUTH, auth_users: [${responder.getPublicKey()}]
     } }`,
    undefined,
    program,
  );
  servers.push(server);
  const address = `127.0.0.1:${server.port}`;
  const answering = await connect({
    servers: address,
    authenticator: nkeyAuthenticator(Buffer.from(seedOf(responder))),
  });
  answering.subscribe("$SYS.REQ.USER.AUTH", {
    callback: (_, message) => {
      const { nats } = JSON.parse(Buffer.from(message.string().split(".")[1] ?? "", "base64url").toString());
      const common = { iss: issuer.getPublicKey(), sub: nats.user_nkey, iat: 1 };
      const jwt = signWithNkeys(
        { ...common, aud: "APP", nats: { ...limits, data: -1, type: "user", version: 2 } },
        issuer,
      );
      const answer = { jwt, type: "authorization_response", version: 2 };
      message.respond(signWithNkeys({ ...common, aud: nats.server_id.id, nats: answer }, issuer));
    },
  });
  await answering.flush();
  const visitor = () => connect({ servers: address, token: "any", reconnect: false, timeout: 60_000 });
  return { visitor, close: () => answering.close() };
}

/** The reasons why the rules have no limits, and why kinds of connections are decided before a JWT is made. */
describe.each(onEachRelease)("nats-server $title", ({ version, program, test }) => {
  test("applies no limits of a user from a callout", async () => {
    const { visitor, close } = await startAdmitting(program, { subs: 1, payload: 8 });
    const limited = await visitor();
    const received: number[] = [];
    for (const subject of ["a", "b", "c"])
      limited.subscribe(subject, { callback: (error, { data }) => received.push(error ? -1 : data.length) });
    limited.publish("c", "x".repeat(1000));
    await limited.flush();
    expect(received).toEqual([1000]);
    await limited.close();
    await close();
  });

  const applied = compareVersions(version, "2.15.0") >= 0;
  test(`${applied ? "applies" : "does not apply"} the kinds of connections of a user from a callout`, async () => {
    const { visitor, close } = await startAdmitting(program, { allowed_connection_types: ["WEBSOCKET"] });
    const admitted = visitor().then(
      (connection) => connection.close().then(() => "admitted"),
      (error: Error) => error.message,
    );
    expect(await admitted).toMatch(applied ? /Authorization Violation/i : /^admitted$/);
    await close();
  });
});
