import { Problem } from "./problems";

/** Server-sent events as text, and the ids by which readers go on. */

/** A place in a stream. A stream that was made anew counts from the beginning, so its creation belongs to the id. */
export interface Place {
  /** Milliseconds since the epoch. */
  created: number;
  sequence: number;
}

export const eventId = ({ created, sequence }: Place): string => `${created.toString(36)}-${sequence}`;

/** Ids that may be asked for, for the document of the interface. */
export const EVENT_ID_PATTERN = "^(?:[0-9a-z]{1,11}-[0-9]{1,15})?$";

/** @throws Problem for what is no id */
export function placeOf(id: string | undefined): Place | undefined {
  if (id === undefined || id === "") return undefined;
  const [, created = "", sequence = ""] = /^([0-9a-z]{1,11})-(\d{1,16})$/.exec(id) ?? [];
  const place = { created: Number.parseInt(created, 36), sequence: Number(sequence) };
  if (created === "" || !Number.isSafeInteger(place.sequence)) throw new Problem("bad-event-id");
  return place;
}

/** What a stream holds. */
export interface Held {
  created: number;
  first: number;
  last: number;
}

/** Where a reader goes on, and what it has to be told first. */
export interface Resumption {
  /** Sequence that it has. */
  after: number;
  event?: string;
}

/**
 * Where a reader with a last id goes on; without one, with what comes from now on.
 *
 * `reset`: the id is of another stream of this name, or of a later state of it, so nothing can be said of what was missed. `gap`:
 * these sequences are gone; some of them may have been messages of other subjects.
 */
export function resumption(last: Place | undefined, held: Held): Resumption {
  if (!last) return { after: held.last };
  if (last.created !== held.created || last.sequence > held.last)
    return {
      after: held.last,
      event: frame({ event: "reset", id: eventId({ created: held.created, sequence: held.last }), data: "{}" }),
    };
  if (last.sequence + 1 >= held.first) return { after: last.sequence };
  const gap = { from: last.sequence + 1, to: held.first - 1 };
  const id = eventId({ created: held.created, sequence: gap.to });
  return { after: gap.to, event: frame({ event: "gap", id, data: JSON.stringify(gap) }) };
}

/** One event. Lines of the data stay lines, however they ended. */
export function frame({ event, id, data }: { event?: string; id?: string; data: string }): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${event === undefined ? "" : `event: ${event}\n`}${id === undefined ? "" : `id: ${id}\n`}${lines.join("")}\n`;
}

export const heartbeat = ":\n\n";

/** Says when to come back. */
export const retry = (ms: number): string => `retry: ${Math.round(ms)}\n\n`;
