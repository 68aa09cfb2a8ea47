import { collision } from "./subjects";

/** A stream's subjects before and after the plan; undefined where it does not exist. */
export interface SubjectOwnership {
  readonly name: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

export interface Overlap {
  readonly stream: string;
  readonly other: string;
  readonly subjects: readonly [string, string];
}

/** Pairs of streams that would capture the same message after the plan; nats-server refuses such an account. */
export function overlaps(ownerships: readonly SubjectOwnership[]): Overlap[] {
  return ownerships.flatMap((one, i) =>
    ownerships.slice(i + 1).flatMap((two) => {
      const subjects = collision(one.after ?? [], two.after ?? []);
      return subjects ? [{ stream: one.name, other: two.name, subjects }] : [];
    }),
  );
}

/**
 * An order in which no step ever collides with a stream that is still as before: a stream gives a subject up before
 * another takes it.
 *
 * `stuck` are streams that exchange subjects among each other, for which there is no order.
 */
export function orderBySubjects(ownerships: readonly SubjectOwnership[]): { ordered: string[]; stuck: string[] } {
  const now = new Map(ownerships.map(({ name, before = [] }) => [name, before]));
  const ordered: string[] = [];
  let waiting = [...ownerships].sort((a, b) => Number(a.after !== undefined) - Number(b.after !== undefined));
  while (waiting.length > 0) {
    const next = waiting.find(({ name, after = [] }) =>
      [...now].every(([other, subjects]) => other === name || !collision(after, subjects)),
    );
    if (!next) break;
    now.set(next.name, next.after ?? []);
    ordered.push(next.name);
    waiting = waiting.filter(({ name }) => name !== next.name);
  }
  return { ordered, stuck: waiting.map(({ name }) => name) };
}
