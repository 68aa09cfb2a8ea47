import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** What a key endpoint may do instead of answering with its keys; `down` drops the connection. */
interface Answer {
  status?: number;
  body?: string;
  /** The answer waits for it. */
  until?: Promise<void>;
  down?: boolean;
}

/** An OpenID Connect issuer on the loopback interface, as far as a verifier sees one. */
export interface Issuer {
  /** With the slash at its end. */
  url: string;
  audience: string;
  jwk: JWK;
  privateKey: CryptoKey;
  /** Downloads of the key set so far. */
  fetches(): number;
  /** Replaces what the key endpoint answers; undefined restores the key set. */
  answerWith(answer: Answer | undefined): void;
  /** A valid access token for ten minutes, unless the claims say otherwise; undefined removes a claim. */
  token(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: "key-1", use: "sig", alg: "RS256" };
  let fetches = 0;
  let answer: Answer | undefined;
  const server = createServer((request, response) => {
    fetches++;
    const known = request.url === "/.well-known/jwks.json";
    if (answer?.down) return request.socket.destroy();
    const { status = known ? 200 : 404, body = JSON.stringify({ keys: [jwk] }), until } = answer ?? {};
    void Promise.resolve(until).then(() =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const audience = "https://api.example.com";

  return {
    url,
    audience,
    jwk,
    privateKey,
    fetches: () => fetches,
    answerWith(next) {
      answer = next;
    },
    token(claims, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: url, aud: audience, sub: "alice", iat: now, exp: now + 600, ...claims };
      return new SignJWT(JSON.parse(JSON.stringify(all)))
        .setProtectedHeader({ alg: "RS256", kid: "key-1", typ: "JWT", ...header })
        .sign(privateKey);
    },
    stop: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
