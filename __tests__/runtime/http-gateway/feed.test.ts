import fc from "fast-check";
import { Feed, type FeedEvent, Feeds, type Source } from "../../../runtime/http-gateway/feed";
import { eventually } from "../../support/eventually";
import { longRuns } from "../../support/soak";

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A stream in memory, which tells listeners before it stores, as servers do, and takes its time for every answer. */
class MemorySource implements Source {
  readonly stored: number[] = [];
  created = 1;
  sequence = 0;
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  constructor(private readonly delay: () => number) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  async publish(): Promise<void> {
    for (const heard of this.#listeners) heard({ subject: "a", data: new Uint8Array() });
    await turns(this.delay());
    this.stored.push(++this.sequence);
  }
  async listen(_: string, heard: (event: FeedEvent) => void) {
    this.#listeners.add(heard);
    await turns(this.delay());
    return () => void this.#listeners.delete(heard);
  }
  async held() {
    await turns(this.delay());
    return { created: this.created, first: 1, last: this.sequence };
  }
  async next(_: string, subject: string, from: number) {
    await turns(this.delay());
    const sequence = this.stored.find((one) => one >= from);
    return sequence === undefined ? undefined : { subject, data: new Uint8Array(), sequence };
  }
}

const ready = async () => undefined;
const always = () => true;

test("what is heard while a feed is opened does not take it back to the beginning of its stream", async () => {
  const source = new MemorySource(() => 2);
  for (let i = 0; i < 20; i++) await source.publish();
  const opening = Feed.open(source, "a", "S");
  await turns(3);
  await source.publish();
  const feed = await opening;
  const got: number[] = [];
  await feed.join(20, ({ sequence = 0 }) => got.push(sequence), ready, always);
  await eventually("the one that was heard has come", () => got.length > 0, 20);
  await source.publish();
  await eventually("the next one has come", () => got.includes(22), 20);
  feed.close();
  expect(got).toEqual([21, 22]);
});

test("readers that come at any time get everything after their last one, once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 20 }),
      fc.array(fc.record({ at: fc.nat(30), after: fc.nat(30) }), { minLength: 1, maxLength: 4 }),
      async (delays, readers) => {
        let asked = 0;
        const source = new MemorySource(() => delays[asked++ % delays.length] ?? 0);
        const feeds = new Feeds(source);
        const joined: { after: number; got: number[]; release(): void }[] = [];
        const joining: Promise<void>[] = [];
        for (let n = 0; n < 30; n++) {
          for (const { at, after } of readers.filter((reader) => reader.at === n)) {
            const after_ = Math.min(after, source.sequence);
            joining.push(
              (async () => {
                const { feed, release } = await feeds.take("a", "S");
                const got: number[] = [];
                joined.push({ after: after_, got, release });
                await feed.join(after_, ({ sequence = 0 }) => got.push(sequence), ready, always);
              })(),
            );
            expect(at).toBe(n);
          }
          await source.publish();
        }
        await Promise.all(joining);
        const expected = (after: number) => Array.from({ length: 30 - after }, (_, i) => after + i + 1);
        await eventually("all have all", () => joined.every(({ after, got }) => got.length >= 30 - after), 20);
        for (const { after, got, release } of joined) {
          expect(got).toEqual(expected(after));
          release();
        }
        await turns(3);
        expect([feeds.count, source.listeners]).toEqual([0, 0]);
      },
    ),
    longRuns("feeds of the HTTP gateway", 60, 3000),
  );
});
