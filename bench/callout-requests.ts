import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import { createAccount, createCurve, createUser } from "nkeys.js";
import { REQUEST_AUDIENCE } from "../runtime/auth-callout/request";
import { signNatsJwt } from "../runtime/nkeys/nats-jwt";
import { signingKey, signingKeyFromBytes } from "../runtime/nkeys/nkey";

const text = new TextDecoder();
export const issuer = "https://id.example.com/";
export const audience = "bench";

/** Sealed authorization requests of one server for many clients, and the keys to answer them with. */
export async function sealedRequests(count: number) {
  const calloutIssuer = createAccount();
  const xkey = createCurve();
  const serverXkey = createCurve();
  const server = signingKeyFromBytes("N", randomBytes(32));
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = "bench";
  const now = Math.floor(Date.now() / 1000);
  const messages: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const token = await new SignJWT({ roles: ["editor"] })
      .setProtectedHeader({ alg: "RS256", kid, typ: "at+jwt" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`auth0|user-${i}`)
      .setIssuedAt(now)
      .setExpirationTime(now + 3600)
      .sign(rsa.privateKey);
    const request = {
      server_id: { name: "core-0", host: "0.0.0.0", id: server.publicKey, xkey: serverXkey.getPublicKey() },
      user_nkey: createUser().getPublicKey(),
      client_info: { host: "127.0.0.1", kind: "Client", type: "websocket" },
      connect_opts: { auth_token: token, protocol: 1, lang: "nats.js", version: "1.0.0" },
      type: "authorization_request",
    };
    const claims = { aud: REQUEST_AUDIENCE, exp: now + 3600, sub: calloutIssuer.getPublicKey() };
    messages.push(serverXkey.seal(Buffer.from(signNatsJwt(claims, request, server, now)), xkey.getPublicKey()));
  }
  const issuerSeed = text.decode(calloutIssuer.getSeed());
  return {
    messages,
    senderXkey: serverXkey.getPublicKey(),
    calloutIssuer,
    issuerKey: signingKey("A", issuerSeed) as NonNullable<ReturnType<typeof signingKey>>,
    issuerSeed,
    xkey,
    xkeySeed: text.decode(xkey.getSeed()),
    kid,
    publicKey: rsa.publicKey,
    privateKey: createPrivateKey(rsa.privateKey.export({ type: "pkcs8", format: "pem" })),
    jwk: { ...(await exportJWK(rsa.publicKey)), kid, alg: "RS256", use: "sig" },
  };
}
