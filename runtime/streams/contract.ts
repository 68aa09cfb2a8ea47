import { PROGRAM_PREFIX, programInboxPrefix } from "../client/identity";

/** First part of the inboxes that the program's users may listen on. */
export const STREAMS_INBOX = programInboxPrefix("streams");

/**
 * What the program may do in its account. It makes and changes streams of any subjects, and publishes to each to prove
 * that it stores: to whatever a stream may take, so that a new stream is no new user. Answers to others, subjects of
 * servers and of other programs are none of its business. Inboxes behind leaf nodes are not closed: each leaf has a prefix of
 * its own, and one more leaf would be a change of the servers of every cluster.
 */
export const STREAMS_PERMISSIONS = {
  publish: { allow: [">"], deny: ["_INBOX.>", "_R_.>", "_GR_.>", `${PROGRAM_PREFIX}.>`, "$SYS.>"] },
  subscribe: { allow: [`${STREAMS_INBOX}.>`] },
} as const;
