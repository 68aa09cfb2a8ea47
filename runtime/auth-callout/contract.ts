/**
 * What the responder and the configuration of its servers have to agree on. Pure constants: infrastructure renders them
 * into `nats.conf`, or into the responder's user JWT in operator mode.
 */

/** Where servers ask, in the callout account. */
export const AUTH_REQUEST_SUBJECT = "$SYS.REQ.USER.AUTH";

/** Responders share it, so that each request is answered once. */
export const RESPONDER_QUEUE_GROUP = "auth-callout";

/** Below it responders probe themselves, with requests and answers: nobody may publish on the real subject. */
export const PROBE_SUBJECT_PREFIX = "_NATSFORM.AUTH.PROBE";

/** Inboxes of the responder's connection. */
export const RESPONDER_INBOX_PREFIX = `${PROBE_SUBJECT_PREFIX}.INBOX`;

/**
 * Every server answers it with its identity, and with how many connections the callout account has there. Servers import
 * it into every account by themselves: no right of the system account is needed.
 */
export const SERVERS_REQUEST_SUBJECT = "$SYS.REQ.ACCOUNT.PING.STATZ";

/** Below it servers answer. Nobody may publish there, the responder's user neither: who is heard there is a server. */
export const SERVERS_ANSWER_PREFIX = "_NATSFORM.AUTH.SERVERS";

/**
 * All that the responder's user may do in the callout account.
 *
 * `subject queue-group` admits queue subscriptions of that group alone: a second listener to everybody's credentials is
 * refused even to the responder's own user. Servers take answers on `$SYS._INBOX.<server>.<random>`.
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
