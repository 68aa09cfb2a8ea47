import { programInboxPrefix } from "../client/identity";

/** User of the system account that a review asks servers with. */
export const OBSERVER_USER = "observer";

/** Inbox prefix of that user. */
export const OBSERVER_INBOX = programInboxPrefix("observer");

/**
 * All permissions of that user: two questions, to all servers at once. Nothing of what it may ask changes a server, and the
 * answers hold no message, no configuration of accounts and no connection of anybody.
 */
export const OBSERVER_PERMISSIONS = {
  publish: { allow: ["$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.SERVER.PING.JSZ"] },
  subscribe: { allow: [`${OBSERVER_INBOX}.>`] },
} as const;
