import { signNatsJwt } from "../nkeys/nats-jwt";
import type { AnswerKeys, Issuers } from "./issuers";
import type { Grant, SubjectPermissions } from "./permissions";
import type { DenialReason } from "./reasons";
import type { AuthorizationRequest } from "./request";

/** A grant until a moment in seconds since the epoch, when the server drops the connection. */
export interface Admission {
  grant: Grant;
  expiresAt: number;
}

const NO_LIMIT = -1;
const NANOSECONDS_PER_MS = 1_000_000;

/** The authorization response that admits the user, as a signed JWT; `now` in seconds since the epoch. */
export function admit(
  request: AuthorizationRequest,
  admission: Admission,
  issuers: Issuers,
  keys: AnswerKeys,
  now: number,
): string {
  const { grant, expiresAt } = admission;
  const { signer, audience, issuerAccount } = issuers.userOf(grant.account, keys);
  const user = {
    pub: listed(grant.publish),
    sub: listed(grant.subscribe),
    ...(grant.responses && {
      resp: { max: grant.responses.max, ttl: grant.responses.expiresMs * NANOSECONDS_PER_MS },
    }),
    subs: NO_LIMIT,
    data: NO_LIMIT,
    payload: NO_LIMIT,
    ...(issuerAccount !== undefined && { issuer_account: issuerAccount }),
    type: "user",
  };
  const standard = { aud: audience, exp: expiresAt, name: grant.name, sub: request.userNkey };
  return answer(request, { jwt: signNatsJwt(standard, user, signer, now) }, keys, now);
}

/** The authorization response that denies; the server logs the reason, the client learns nothing. */
export function deny(request: AuthorizationRequest, reason: DenialReason, keys: AnswerKeys, now: number): string {
  return answer(request, { error: reason }, keys, now);
}

function answer(
  { userNkey, server }: AuthorizationRequest,
  content: { jwt: string } | { error: string },
  keys: AnswerKeys,
  now: number,
) {
  const { envelope, envelopeAccount } = keys;
  const nats = {
    ...content,
    ...(envelopeAccount !== undefined && { issuer_account: envelopeAccount }),
    type: "authorization_response",
  };
  return signNatsJwt({ aud: server.id, sub: userNkey }, nats, envelope, now);
}

const listed = ({ allow, deny }: SubjectPermissions) => ({
  ...(allow.length > 0 && { allow }),
  ...(deny.length > 0 && { deny }),
});
