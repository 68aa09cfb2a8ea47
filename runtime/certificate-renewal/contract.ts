/**
 * What the renewal job and the configuration of its servers have to agree on. Pure constants: infrastructure renders
 * them into `nats.conf`, or into the user's JWT in operator mode.
 */

/** User of the system account that the job logs in as. */
export const RENEWAL_USER = "renewal";

/** Inboxes of that user. */
export const RENEWAL_INBOX = "_INBOX.renewal";

/**
 * All that the job may do in the system account: ask who the servers are, and ask each to reload.
 *
 * A reload makes a server read the files that it reads anyway; it tells nothing of accounts and connections.
 */
export const RENEWAL_PERMISSIONS = {
  publish: { allow: ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.*.RELOAD"] },
  subscribe: { allow: [`${RENEWAL_INBOX}.>`] },
} as const;
