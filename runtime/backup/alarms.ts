import type { Manifest } from "./manifest";

/** A stream that holds much less than in the previous backup. */
export interface Alarm {
  readonly kind: "missing" | "empty" | "shrunk";
  readonly stream: string;
  readonly what: string;
}

/** Share of the bytes in the previous backup below which a stream counts as shrunk. */
const SHRUNK_TO = 0.5;

type Held = Pick<Manifest, "streams">;

/**
 * Alarms about streams that are missing, empty, or half of what they were: to check before the previous backup is gone.
 *
 * This is no failure, since streams do end and empty; but nothing else would show that it was a mistake.
 */
export function shrinkAlarms(before: Held | undefined, now: Held): Alarm[] {
  return (before?.streams ?? []).flatMap(({ name: stream, state: was }): Alarm[] => {
    const is = now.streams.find(({ name }) => name === stream)?.state;
    const held = `${was.messages} messages, ${was.bytes} bytes in the previous backup`;
    if (!is) return [{ kind: "missing", stream, what: `it is not in this backup; ${held}` }];
    if (is.messages === 0 && was.messages > 0) return [{ kind: "empty", stream, what: `it is empty; ${held}` }];
    if (is.bytes < was.bytes * SHRUNK_TO) return [{ kind: "shrunk", stream, what: `${is.bytes} bytes; ${held}` }];
    return [];
  });
}
