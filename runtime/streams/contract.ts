import { programInboxPrefix } from "../client/identity";

/** First part of the inboxes that the program's users may listen on. */
export const STREAMS_INBOX = programInboxPrefix("streams");
