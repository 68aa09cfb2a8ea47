export type { StreamEvent } from "./parse-events";
export { type EventsOptions, EventsRefusedError, readEvents } from "./read-events";
