/** Reasons to deny an identity. Closed: the reason is a metric label and all that the server's log receives. */
export const DENIAL_REASONS = [
  "no_credentials",
  "client_kind",
  "unknown_issuer",
  "token_too_large",
  "token_malformed",
  "token_header",
  "token_algorithm",
  "token_unknown_key",
  "token_key",
  "token_signature",
  "token_issuer",
  "token_audience",
  "token_expired",
  "token_not_yet_valid",
  "token_claims",
  "jwks_unavailable",
  "identity_refused",
  "no_rule",
  "too_many_subjects",
  "nkey_unknown",
  "nkey_signature",
  "certificate",
  "internal",
] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** Reasons why a message is no authorization request, and gets no answer. */
export const REFUSAL_REASONS = [
  "not_sealed",
  "not_for_our_xkey",
  "malformed",
  "bad_issuer",
  "bad_signature",
  "bad_audience",
  "bad_server",
  "unknown_server",
  "xkey_mismatch",
  "expired",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Ends a decision. The detail goes to our log only and never holds a credential. */
export class Denial extends Error {
  override readonly name = "Denial";
  constructor(
    readonly reason: DenialReason,
    readonly detail = "",
  ) {
    super(detail === "" ? reason : `${reason}: ${detail}`);
  }
}

/** Ends the handling of a message that no server of ours sent. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(readonly reason: RefusalReason) {
    super(reason);
  }
}
