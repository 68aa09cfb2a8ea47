import { decode, encodeAuthorizationResponse, encodeUser } from "@nats-io/jwt";
import { type JWTVerifyGetKey, jwtVerify } from "jose";
import type { KeyPair } from "nkeys.js";
import { audience, issuer } from "./callout-requests";

interface Request {
  nats: { user_nkey: string; server_id: { id: string }; connect_opts: { auth_token: string } };
}

/** The callout as it is usually written: @nats-io/jwt signs, nkeys.js opens and seals, jose verifies. */
export async function answerStock(
  message: Uint8Array,
  senderXkey: string,
  { xkey, signer, keys }: { xkey: KeyPair; signer: KeyPair; keys: JWTVerifyGetKey },
): Promise<Uint8Array> {
  const opened = xkey.open(message, senderXkey);
  const { nats } = decode(new TextDecoder().decode(opened ?? undefined)) as unknown as Request;
  const { payload } = await jwtVerify(nats.connect_opts.auth_token, keys, { issuer, audience, algorithms: ["RS256"] });
  const permissions = { pub: { allow: [`user.${payload.sub}.>`] }, sub: { allow: [`user.${payload.sub}.>`] } };
  const user = await encodeUser(String(payload.sub), nats.user_nkey, signer, permissions, {
    aud: "APP",
    exp: payload.exp,
  });
  const response = await encodeAuthorizationResponse(
    nats.user_nkey,
    nats.server_id.id,
    signer.getPublicKey(),
    { jwt: user },
    { signer },
  );
  return xkey.seal(new TextEncoder().encode(response), senderXkey);
}
