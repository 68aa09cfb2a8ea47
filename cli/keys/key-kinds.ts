/** Kinds of nkeys by the first letter of their public half. */
export const kinds = ["operator", "account", "user", "curve"] as const;
export type KeyKind = (typeof kinds)[number];
