import {
  type Authenticator,
  credsAuthenticator,
  jwtAuthenticator,
  nkeyAuthenticator,
  nkeys,
  tokenAuthenticator,
} from "nats";
import { inboxPrefix, serviceInboxPrefix } from "./identity";

/**
 * Credentials of a client.
 *
 * `sentinel` is the bearer JWT that leads to the auth callout on servers in operator mode without a default sentinel. A
 * function as `token` is called on every connect and reconnect, so that an expired token is never presented twice.
 * Several `logins` are tried in turn, the first one first: while a key is rotated, some servers know one and some
 * another.
 */
export type Authentication = Login | { kind: "in-turn"; logins: readonly Login[] };
type Login =
  | { kind: "token"; token: string | (() => string); sentinel?: string }
  | { kind: "nkey"; seed: string; sentinel?: string }
  | { kind: "creds"; creds: string }
  | { kind: "none" };

/** Authenticators that nats.js calls at each attempt to connect. */
export interface Authenticators {
  authenticators: Authenticator[];
  /** To be called after an attempt that succeeded: the next one begins with the first login again. */
  admitted(): void;
}

/** @throws when a seed is not a seed */
export function authenticators(authentication: Authentication): Authenticators {
  if (authentication.kind !== "in-turn")
    return { authenticators: authenticatorsOf(authentication), admitted: () => undefined };
  const logins = authentication.logins.map(authenticatorsOf);
  // nats.js calls them at each attempt and does not report how it ended: another attempt means that the last one
  // failed.
  let attempts = 0;
  const next: Authenticator = (nonce) => {
    const login = logins[attempts++ % logins.length] ?? [];
    return Object.assign({}, ...login.map((authenticator) => authenticator(nonce)));
  };
  return {
    authenticators: [next],
    admitted() {
      attempts = 0;
    },
  };
}

function authenticatorsOf(authentication: Login): Authenticator[] {
  const { kind } = authentication;
  if (kind === "none") return [];
  // nats.js does not find the seed when the text ends right behind the last line, as it does in trimmed secrets.
  if (kind === "creds") return [credsAuthenticator(encode(`${authentication.creds.trimEnd()}\n`))];
  const proof =
    kind === "token" ? tokenAuthenticator(authentication.token) : nkeyAuthenticator(encode(authentication.seed));
  // The sentinel goes first: it sets empty nkey fields, which the nkey's own then replace.
  return authentication.sentinel === undefined ? [proof] : [jwtAuthenticator(authentication.sentinel), proof];
}

/** The private inbox prefix of the identity, where it can be computed; undefined leaves nats.js's `_INBOX`. */
export function defaultInboxPrefix(authentication: Authentication): string | undefined {
  if (authentication.kind === "nkey")
    return serviceInboxPrefix(nkeys.fromSeed(encode(authentication.seed)).getPublicKey());
  if (authentication.kind !== "token") return undefined;
  const { token } = authentication;
  const sub = tokenSubject(typeof token === "function" ? token() : token);
  return sub === undefined ? undefined : inboxPrefix(sub);
}

/** The `sub` of a JWT, unverified: it only names this client's own inboxes. */
function tokenSubject(token: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof claims.sub === "string" ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}

const encode = (text: string) => new TextEncoder().encode(text);
