import { createUser, fromCurveSeed, fromSeed } from "nkeys.js";
import type { NatsClient } from "../../runtime/client";
import { claimsOf, signWithNkeys } from "./callout-keys";
import type { TestTwin } from "./twin-project";

const encode = (text: string) => new TextEncoder().encode(text);

/** A responder with the twin's own keys that lets everybody in, whatever they present: what verify must notice. */
export async function startRogueResponder(twin: TestTwin): Promise<NatsClient> {
  const issuer = fromSeed(encode(twin.seed("issuer")));
  const xkey = fromCurveSeed(encode(twin.seed("xkey")));
  const client = twin.client(twin.user("responder"), { inboxPrefix: "_INBOX.rogue" });
  const connection = await client.connection();
  connection.subscribe("$SYS.REQ.USER.AUTH", {
    queue: "auth-callout",
    callback: (error, message) => {
      if (error) return;
      const server = message.headers?.get("Nats-Server-Xkey") ?? "";
      const request = claimsOf(new TextDecoder().decode(xkey.open(message.data, server) ?? undefined));
      const { user_nkey: user, server_id: id } = request.nats;
      const iat = Math.floor(Date.now() / 1000);
      const common = { iat, iss: issuer.getPublicKey(), sub: user, jti: createUser().getPublicKey() };
      const open = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: "user", version: 2 };
      const jwt = signWithNkeys({ ...common, aud: "APP", name: "rogue", nats: open }, issuer);
      const answer = { ...common, aud: id.id, nats: { jwt, type: "authorization_response", version: 2 } };
      message.respond(xkey.seal(encode(signWithNkeys(answer, issuer)), server));
    },
  });
  await connection.flush();
  return client;
}
