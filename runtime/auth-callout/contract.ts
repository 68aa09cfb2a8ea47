import { PROGRAM_PREFIX } from "../client/identity";

/**
 * Constants that the responder and the configuration of its servers share. Infrastructure renders them into
 * `nats.conf`, or into the responder's user JWT in operator mode.
 */

/** Subject on which servers send authorization requests, in the callout account. */
export const AUTH_REQUEST_SUBJECT = "$SYS.REQ.USER.AUTH";

/** Queue group of all responders, so that each request is answered once. */
export const RESPONDER_QUEUE_GROUP = "auth-callout";

/**
 * Prefix of the subjects on which responders probe themselves, requests and answers alike: nobody may publish on the
 * real subject.
 */
export const PROBE_SUBJECT_PREFIX = `${PROGRAM_PREFIX}.AUTH.PROBE`;

/** Inboxes of the responder's connection. */
export const RESPONDER_INBOX_PREFIX = `${PROBE_SUBJECT_PREFIX}.INBOX`;

/**
 * Subject on which every server answers with its identity and the number of connections that the callout account has
 * there. Servers import it into every account by themselves: it needs no right of the system account.
 */
export const SERVERS_REQUEST_SUBJECT = "$SYS.REQ.ACCOUNT.PING.STATZ";

/**
 * Prefix of the subjects on which servers answer. Not even the responder's user may publish there: every message on it
 * is from a server.
 */
export const SERVERS_ANSWER_PREFIX = `${PROGRAM_PREFIX}.AUTH.SERVERS`;

/**
 * All permissions of the responder's user in the callout account.
 *
 * `subject queue-group` admits queue subscriptions of that group alone: a second subscription that would receive all
 * credentials is refused even to the responder's own user. Servers take answers on `$SYS._INBOX.<server>.<random>`.
 */
export const RESPONDER_PERMISSIONS = {
  publish: { allow: ["$SYS._INBOX.>", SERVERS_REQUEST_SUBJECT, `${PROBE_SUBJECT_PREFIX}.>`] },
  subscribe: {
    allow: [
      `${AUTH_REQUEST_SUBJECT} ${RESPONDER_QUEUE_GROUP}`,
      `${SERVERS_ANSWER_PREFIX}.>`,
      `${PROBE_SUBJECT_PREFIX}.>`,
    ],
  },
} as const;
