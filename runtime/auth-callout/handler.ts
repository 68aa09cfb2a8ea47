import { admitLeaf, admitService, admitUser, chooseCredential } from "./decision";
import type { Issuers } from "./issuers";
import { Denial, type DenialReason, Refusal, type RefusalReason } from "./reasons";
import { type AuthorizationRequest, openRequest, type RequestPolicy } from "./request";
import { type Admission, admit, deny } from "./response";
import type { AuthRules } from "./rules";
import type { TokenClaims } from "./token";

/** Everything that a decision depends on, besides the request. */
export interface HandlerContext {
  rules: AuthRules;
  issuers: Issuers;
  requests: RequestPolicy;
  /**
   * Returns whether the server with that public nkey is one of ours; when absent, a valid signature of any server is
   * enough.
   */
  isKnownServer?: (serverId: string, name: string) => boolean | Promise<boolean>;
  /** The claims of a token; rejects with a Denial. */
  verifyToken: (token: string, now: number) => Promise<TokenClaims>;
  /** Seconds since the epoch. */
  now: () => number;
}

/** Outcome of one message. Without `reply` nothing is answered: no server of ours sent the message. */
export type Outcome =
  | { verdict: "admitted"; reply: Uint8Array; request: AuthorizationRequest; admission: Admission }
  | { verdict: "denied"; reply: Uint8Array; request: AuthorizationRequest; reason: DenialReason; detail: string }
  | { verdict: "refused"; reason: RefusalReason };

/**
 * Answers one message on the authorization subject. Never rejects.
 *
 * @param senderXkey the message's `Nats-Server-Xkey` header
 */
export async function handleRequest(
  message: Uint8Array,
  senderXkey: string | undefined,
  context: HandlerContext,
): Promise<Outcome> {
  const { issuers, requests, isKnownServer, now } = context;
  let request: AuthorizationRequest;
  try {
    request = openRequest(message, senderXkey, requests, now());
    if (isKnownServer && !(await isKnownServer(request.server.id, request.server.name)))
      throw new Refusal("unknown_server");
  } catch (error) {
    return { verdict: "refused", reason: error instanceof Refusal ? error.reason : "malformed" };
  }
  const keys = issuers.answering(request.addressee);
  const seal = (response: string) => request.openedWith.seal(Buffer.from(response), request.server.xkey);
  try {
    if (!keys) throw new Denial("unknown_issuer", "the request is addressed to a key that is not ours");
    const admission = await decide(request, context);
    return { verdict: "admitted", reply: seal(admit(request, admission, issuers, keys, now())), request, admission };
  } catch (error) {
    // Silence would cost the client the server's whole timeout, so a defect of ours denies as well.
    const { reason, detail } = error instanceof Denial ? error : new Denial("internal", String(error));
    return {
      verdict: "denied",
      reply: seal(deny(request, reason, keys ?? issuers.current, now())),
      request,
      reason,
      detail,
    };
  }
}

async function decide(
  request: AuthorizationRequest,
  { rules, requests, verifyToken, now }: HandlerContext,
): Promise<Admission> {
  const { client, credentials, chains } = request;
  if (client.kind === "Leafnode") return admitLeaf(rules, client, credentials, chains, now());
  const credential = chooseCredential(client, credentials);
  if (credential.kind === "nkey") return admitService(rules, credential, now());
  const claims = await verifyToken(credential.token, now());
  return admitUser(rules, claims, requests.clockSkewSeconds, now());
}
