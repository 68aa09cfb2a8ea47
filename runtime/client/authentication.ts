import { readFileSync } from "node:fs";
import {
  credsAuthenticator,
  jwtAuthenticator,
  type Authenticator as NatsAuthenticator,
  nkeyAuthenticator,
  nkeys,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import { inboxPrefix, serviceInboxPrefix } from "./identity";
import { claimsOf, type OidcTokens, TokenSource } from "./token-source";
import type { Authenticator } from "./transport/link";

/**
 * Credentials of a client.
 *
 * `sentinel` is the bearer JWT that leads to the auth callout on servers in operator mode without a default sentinel. A
 * function as `token` is called on every connect and reconnect, so that an expired token is never presented twice; one
 * that has to wait is of the kind `oidc`. Several `logins` are tried in turn, the first one first: while a key is
 * rotated, some servers know one and some another.
 */
export type Authentication = Login | { kind: "in-turn"; logins: readonly Login[] };
type Login =
  | { kind: "token"; token: string | (() => string); sentinel?: string }
  | ({ kind: "oidc"; sentinel?: string } & OidcTokens)
  | { kind: "nkey"; seed: string; sentinel?: string }
  | { kind: "creds"; creds: string }
  /** Read at each dial, so that a rotated file is taken over. */
  | { kind: "creds-file"; file: string }
  | { kind: "user"; user: string; password: string }
  | { kind: "none" };

/** Authenticators that nats.js calls at each attempt to connect. */
export interface Authenticators {
  authenticators: Authenticator[];
  /** To be awaited before the first attempt: fetches what cannot be fetched during one. */
  prepare(): Promise<void>;
  /** To be called after an attempt that succeeded: the next one begins with the first login again. */
  admitted(): void;
  /** To be called after a refusal: fetches a new token, if there are any. */
  refused(): void;
  /** The private inbox prefix of the identity, where it can be computed; undefined leaves nats.js's `_INBOX`. */
  inboxPrefix(): string | undefined;
  stop(): void;
}

/** @throws when a seed is not a seed */
export function authenticators(
  authentication: Authentication,
  onProblem: (problem: string) => void = () => {},
): Authenticators {
  const inTurn = authentication.kind === "in-turn";
  const logins = (inTurn ? authentication.logins : [authentication]).map((login) => prepared(login, onProblem));
  const sources = logins.flatMap(({ source }) => source ?? []);
  // nats.js calls them at each attempt and does not report how it ended: another attempt means that the last one
  // failed.
  let attempts = 0;
  const next: Authenticator = (nonce) => {
    const login = logins[attempts++ % logins.length]?.authenticators ?? [];
    return Object.assign({}, ...login.map((authenticator) => authenticator(nonce)));
  };
  return {
    authenticators: inTurn ? [next] : (logins[0]?.authenticators ?? []),
    prepare: async () => {
      await Promise.all(sources.map((source) => source.prepare()));
    },
    admitted() {
      attempts = 0;
    },
    refused() {
      for (const source of sources)
        source.refresh().catch((error: unknown) => onProblem(`no new token: ${String(error)}`));
    },
    inboxPrefix: () => (inTurn ? undefined : logins[0]?.inboxPrefix()),
    stop() {
      for (const source of sources) source.stop();
    },
  };
}

interface PreparedLogin {
  authenticators: Authenticator[];
  source?: TokenSource;
  inboxPrefix(): string | undefined;
}

function prepared(login: Login, onProblem: (problem: string) => void): PreparedLogin {
  switch (login.kind) {
    case "none":
      return { authenticators: [], inboxPrefix: () => undefined };
    case "user": {
      const proof = usernamePasswordAuthenticator(login.user, login.password) as Authenticator;
      return { authenticators: [proof], inboxPrefix: () => undefined };
    }
    case "creds":
      return { authenticators: [credsOf(login.creds)], inboxPrefix: () => inboxPrefixIn(login.creds) };
    case "creds-file": {
      const read = () => readFileSync(login.file, "utf8");
      return { authenticators: [(nonce) => credsOf(read())(nonce)], inboxPrefix: () => inboxPrefixIn(read()) };
    }
    case "nkey": {
      const seed = encode(login.seed);
      const prefix = serviceInboxPrefix(nkeys.fromSeed(seed).getPublicKey());
      return { authenticators: behind(login.sentinel, nkeyAuthenticator(seed)), inboxPrefix: () => prefix };
    }
    case "token": {
      const { token, sentinel } = login;
      const current = () => (typeof token === "function" ? token() : token);
      return {
        authenticators: behind(sentinel, tokenAuthenticator(token)),
        inboxPrefix: () => inboxPrefixOf(current()),
      };
    }
    case "oidc": {
      const source = new TokenSource(login, onProblem);
      const current = () => source.current();
      return {
        source,
        authenticators: behind(login.sentinel, tokenAuthenticator(current)),
        inboxPrefix: () => inboxPrefixOf(current()),
      };
    }
  }
}

// The sentinel goes first: it sets empty nkey fields, which the nkey's own then replace.
const behind = (sentinel: string | undefined, proof: NatsAuthenticator): Authenticator[] =>
  (sentinel === undefined ? [proof] : [jwtAuthenticator(sentinel), proof]) as Authenticator[];

// nats.js does not find the seed when the text ends right behind the last line, as it does in trimmed secrets.
const credsOf = (creds: string) => credsAuthenticator(encode(`${creds.trimEnd()}\n`)) as Authenticator;

function inboxPrefixOf(token: string): string | undefined {
  const sub = claimsOf(token)?.sub;
  return typeof sub === "string" ? inboxPrefix(sub) : undefined;
}

/** A user JWT says which inboxes it may subscribe to, unless a scoped signing key does. */
function inboxPrefixIn(creds: string): string | undefined {
  const jwt = /-----BEGIN NATS USER JWT-----\s*(\S+)/.exec(creds)?.[1] ?? "";
  const nats = claimsOf(jwt)?.nats as { sub?: { allow?: unknown } } | undefined;
  const allow = Array.isArray(nats?.sub?.allow) ? nats.sub.allow : [];
  const own = allow.find((subject) => typeof subject === "string" && /^_INBOX[^*>]*\.>$/.test(subject));
  return own === undefined || own === "_INBOX.>" ? undefined : own.slice(0, -2);
}

const encode = (text: string) => new TextEncoder().encode(text);
