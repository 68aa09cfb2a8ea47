import { Problem } from "./problems";

/** Headers that go on, by name: in either direction those of the route's list alone, and `Nats-` ones never. */

export type HeaderList = readonly (readonly [name: string, value: string])[];

const isOrder = (name: string) => /^nats-/i.test(name);

/** What a message carries of a header: one line of visible characters, in Latin-1 as HTTP has them. */
const isPlain = (value: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

/**
 * Headers of a request that its message carries, in the route's spelling, which counts in NATS.
 *
 * @param values of one header of the request, by its name in lower case
 */
export function inbound(names: readonly string[], values: (name: string) => readonly string[]): HeaderList {
  return names
    .filter((name) => !isOrder(name))
    .flatMap((name) =>
      values(name.toLowerCase()).map((value) => {
        if (!isPlain(value)) throw new Problem("bad-header");
        return [name, value.trim()] as const;
      }),
    );
}

/** Headers of an answer that its caller gets; values that HTTP cannot carry are left out. */
export const outbound = (names: readonly string[], answer: HeaderList): HeaderList =>
  names
    .filter((name) => !isOrder(name))
    .flatMap((name) =>
      answer
        .filter(([found, value]) => found.toLowerCase() === name.toLowerCase() && isPlain(value))
        .map(([, value]) => [name, value] as const),
    );

/** True when a body of this `Content-Type` may go to a route that takes the media types. A body without one is bytes. */
export const takesMediaType = (accepts: readonly string[], contentType: string | undefined): boolean =>
  accepts.includes((contentType ?? "application/octet-stream").split(";")[0]?.trim().toLowerCase() ?? "");
