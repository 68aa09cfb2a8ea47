/**
 * The inbox prefix of a service, from its public nkey.
 *
 * An encoded `_` of an identity is always followed by two lower-case hexadecimal digits, so `_U…` is the encoding of no
 * user.
 */
export const serviceInboxPrefix = (publicNkey: string): string => `_INBOX._${publicNkey}`;
