/** First part of the inboxes that the program's users may listen on. */
export const STREAMS_INBOX = "_INBOX.streams";
