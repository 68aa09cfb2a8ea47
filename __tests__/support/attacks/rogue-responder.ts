import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import type { KeyPair } from "nkeys.js";
import { claimsOf, publicKeyOf, seedOf, signWithNkeys } from "../callout-keys";

/** What a responder could put into its answer, starting from one that admits. */
export interface Answer {
  /** Claims of the answer and of the user. */
  response: Record<string, unknown> & { nats: Record<string, unknown> };
  user: Record<string, unknown>;
  responseSigner: KeyPair;
  userSigner: KeyPair;
  /** Sealed to the server that asked, unless it is another key's, or undefined for an answer in clear. */
  sealTo?: string;
}

/** A responder that lets everybody in, with its answer changed before it is signed and sealed. */
export class RogueResponder {
  change: (answer: Answer) => Partial<Answer> = () => ({});

  private constructor(readonly connection: NatsConnection) {}

  static async start(
    server: { url: string; caFile: string },
    keys: { responder: KeyPair; issuer: KeyPair; xkey: KeyPair },
  ): Promise<RogueResponder> {
    const connection = await connect({
      servers: server.url,
      tls: { caFile: server.caFile },
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seedOf(keys.responder))),
    });
    const rogue = new RogueResponder(connection);
    connection.subscribe("$SYS.REQ.USER.AUTH", {
      queue: "auth-callout",
      callback: (error, message) => {
        if (error) return;
        const sender = message.headers?.get("Nats-Server-Xkey") ?? "";
        const request = claimsOf(new TextDecoder().decode(keys.xkey.open(message.data, sender) ?? undefined));
        message.respond(rogue.#answer(keys, request, sender));
      },
    });
    await connection.flush();
    return rogue;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the claims of a request, of which no type describes all
  #answer({ issuer, xkey }: { issuer: KeyPair; xkey: KeyPair }, { nats }: any, sender: string): Uint8Array {
    const iat = Math.floor(Date.now() / 1000);
    const common = { iat, iss: publicKeyOf(issuer), sub: nats.user_nkey, jti: "A".repeat(52) };
    const limits = { subs: -1, data: -1, payload: -1, type: "user", version: 2 };
    const honest: Answer = {
      response: { ...common, aud: nats.server_id.id, nats: { type: "authorization_response", version: 2 } },
      user: { ...common, aud: "APP", name: "rogue", nats: { pub: {}, sub: {}, ...limits } },
      responseSigner: issuer,
      userSigner: issuer,
      sealTo: sender,
    };
    const { response, user, responseSigner, userSigner, sealTo } = { ...honest, ...this.change(honest) };
    const signed = signWithNkeys(
      {
        ...response,
        iss: publicKeyOf(responseSigner),
        nats: { jwt: signWithNkeys({ ...user, iss: publicKeyOf(userSigner) }, userSigner), ...response.nats },
      },
      responseSigner,
    );
    const bytes = new TextEncoder().encode(signed);
    return sealTo === undefined ? bytes : xkey.seal(bytes, sealTo);
  }

  async stop(): Promise<void> {
    await this.connection.close();
  }
}
