import { z } from "zod";
import { readNatsJwt } from "../nkeys/nats-jwt";
import { isPublicKey } from "../nkeys/nkey";
import { Refusal } from "./reasons";
import type { Xkey } from "./xkey";

/** Header in which a server names the xkey that it sealed with, and wants the answer sealed to. */
export const SERVER_XKEY_HEADER = "Nats-Server-Xkey";
export const REQUEST_AUDIENCE = "nats-authorization-request";

const clientInfo = z.object({
  host: z.string().default(""),
  /** Chosen by the client: for the log only. */
  name: z.string().default(""),
  kind: z.string().default(""),
  type: z.string().default(""),
  /** Challenge that a service signs; present when it signed something. */
  nonce: z.string().default(""),
});
const connectOptions = z.object({
  /** Of whom servers know by an operator: read for leaf nodes alone. */
  jwt: z.string().default(""),
  nkey: z.string().default(""),
  sig: z.string().default(""),
  auth_token: z.string().default(""),
  pass: z.string().default(""),
});
const requestClaims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string().optional(),
  exp: z.number(),
  nats: z.object({
    type: z.literal("authorization_request"),
    server_id: z.object({ id: z.string(), name: z.string().default(""), xkey: z.string().default("") }),
    user_nkey: z.string().refine((key) => isPublicKey("U", key)),
    client_info: clientInfo,
    connect_opts: connectOptions,
    client_tls: z.object({ verified_chains: z.array(z.array(z.string())).default([]) }).optional(),
  }),
});

export type ClientInfo = z.output<typeof clientInfo>;
export type ConnectOptions = z.output<typeof connectOptions>;

/** A request that a server sealed and signed. */
export interface AuthorizationRequest {
  /**
   * Key that the server expects the answer from: the issuer in configuration mode, the callout account in operator
   * mode.
   */
  addressee: string;
  /** The server: its public nkey `N…`, its name and its xkey. */
  server: { id: string; name: string; xkey: string };
  /** The key that the answer must be for: fresh for each request, so that no answer can be used twice. */
  userNkey: string;
  client: ClientInfo;
  credentials: ConnectOptions;
  /** Chains of certificates (PEM) that the server verified, the client's own first. None where it asks for none. */
  chains: string[][];
  /** The xkey of ours that the server sealed to; it seals the answer. */
  openedWith: Xkey;
}

/** Conditions that a request is judged by. */
export interface RequestPolicy {
  /** The current xkey and those that servers may still use. */
  xkeys: readonly Xkey[];
  clockSkewSeconds: number;
}

/**
 * Opens and verifies an authorization request.
 *
 * The header alone proves nothing, since every sender owns some xkey: the same xkey in the signed part ties the two
 * together.
 *
 * @param now seconds since the epoch
 * @throws Refusal for anything that no server sent to us now; does not check whether that server is one of ours
 */
export function openRequest(
  message: Uint8Array,
  senderXkey: string | undefined,
  policy: RequestPolicy,
  now: number,
): AuthorizationRequest {
  if (!senderXkey) throw new Refusal("not_sealed");
  const [openedWith, content] = open(message, senderXkey, policy.xkeys);

  const read = readNatsJwt(Buffer.from(content).toString("utf8"), "N");
  if ("problem" in read) throw new Refusal(read.problem);
  const { success, data } = requestClaims.safeParse(read.payload);
  if (!success) throw new Refusal("malformed");

  const { server_id: server, user_nkey: userNkey, client_info: client, connect_opts: credentials } = data.nats;
  const chains = data.nats.client_tls?.verified_chains ?? [];
  if (data.aud !== REQUEST_AUDIENCE) throw new Refusal("bad_audience");
  if (data.iss !== server.id) throw new Refusal("bad_server");
  if (server.xkey !== senderXkey) throw new Refusal("xkey_mismatch");
  if (!(data.exp > now - policy.clockSkewSeconds)) throw new Refusal("expired");
  return { addressee: data.sub, server, userNkey, client, credentials, chains, openedWith };
}

function open(message: Uint8Array, sender: string, xkeys: readonly Xkey[]): [Xkey, Uint8Array] {
  for (const xkey of xkeys) {
    const content = xkey.open(message, sender);
    if (content) return [xkey, content];
  }
  throw new Refusal("not_for_our_xkey");
}
