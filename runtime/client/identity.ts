/** OpenID Connect allows a `sub` of 255 bytes; longer ones only inflate subjects. */
export const MAX_IDENTITY_BYTES = 255;

/** An identity that has no encoding; the message is the reason. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
}

/**
 * One subject token for an identity: letters, digits and `-` stand for themselves, every other byte of the UTF-8 form
 * is `_hh`.
 *
 * Injective, and its alphabet `[A-Za-z0-9_-]` holds neither `.` nor a wildcard, so no identity reaches another one's
 * subjects. There is no Unicode normalization: the NFC and NFD forms of a name are two identities, as they are to the
 * issuer.
 *
 * @throws IdentityError for an empty identity, a lone surrogate, or more than {@link MAX_IDENTITY_BYTES} bytes
 */
export function encodeIdentity(identity: string): string {
  if (identity === "") throw new IdentityError("an identity must not be empty");
  if (!isWellFormed(identity))
    throw new IdentityError("an identity must be well-formed Unicode: it holds a lone surrogate");
  const bytes = Buffer.from(identity, "utf8");
  if (bytes.length > MAX_IDENTITY_BYTES)
    throw new IdentityError(`an identity must have at most ${MAX_IDENTITY_BYTES} bytes; got ${bytes.length}`);
  return Array.from(bytes, (byte) => ENCODED[byte]).join("");
}

/** The inbox prefix of a user: the only inboxes that the auth callout lets it subscribe to. */
export const inboxPrefix = (sub: string): string => `_INBOX.${encodeIdentity(sub)}`;

export { serviceInboxPrefix } from "./spec";

/** First token of everything that belongs to natsform's own programs. No rule may grant it. */
export const PROGRAM_PREFIX = "_NATSFORM";

/** The inbox prefix of one of natsform's own programs: outside of `_INBOX`, where identities and those who answer are. */
export const programInboxPrefix = (program: string): string => `${PROGRAM_PREFIX}.INBOX.${program}`;

/** Name of a token's holder on servers, in logs and monitoring. No service and no fixed user has a colon in its name. */
export const userName = (sub: string): string => `user:${encodeIdentity(sub)}`;

/** Encoding of each byte. */
const ENCODED = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
});

/** `String.prototype.isWellFormed`, which the libraries of ES2023 do not declare. */
const isWellFormed = (text: string) => !/\p{Surrogate}/u.test(text);
