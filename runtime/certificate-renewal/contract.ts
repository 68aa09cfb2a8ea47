import { programInboxPrefix } from "../client/identity";

/**
 * Constants that the renewal job and the configuration of its servers share. Infrastructure renders them into
 * `nats.conf`, or into the user's JWT in operator mode.
 */

/** User of the system account that the job logs in as. */
export const RENEWAL_USER = "renewal";

/** Inbox prefix of that user. */
export const RENEWAL_INBOX = programInboxPrefix("renewal");

/**
 * All permissions of the job in the system account: requests for the servers' identities, and a reload of each.
 *
 * A reload makes a server read its own files again; it reveals nothing of accounts and connections.
 */
export const RENEWAL_PERMISSIONS = {
  publish: { allow: ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.*.RELOAD"] },
  subscribe: { allow: [`${RENEWAL_INBOX}.>`] },
} as const;
