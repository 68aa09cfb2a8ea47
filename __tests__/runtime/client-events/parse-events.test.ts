import fc from "fast-check";
import { EventParser, type StreamEvent } from "../../../runtime/client-events/parse-events";
import { frame, heartbeat, retry } from "../../../runtime/http-gateway/sse";

const read = (...chunks: string[]) => {
  const parser = new EventParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

test("what the gateway writes is read as it was meant, wherever the wire cuts it", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ":", " ", "\n", "é", "{") });
  const event = fc.record({ event: fc.constantFrom(undefined, "gap", "reset"), data: text });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1 }), fc.array(fc.nat(), { maxLength: 12 }), (events, cuts) => {
      const wire = events
        .map(({ event, data }, i) => `${heartbeat}${frame({ event, id: `k-${i}`, data })}`)
        .concat(retry(700))
        .join("");
      const at = [0, ...cuts.map((cut) => cut % (wire.length + 1)), wire.length].sort((a, b) => a - b);
      const chunks = at.slice(1).map((to, i) => wire.slice(at[i], to));
      const parser = new EventParser();
      const expected: StreamEvent[] = events.map(({ event, data }, i) => ({
        event: event ?? "message",
        id: `k-${i}`,
        data,
      }));
      expect(chunks.flatMap((chunk) => parser.push(chunk))).toEqual(expected);
      expect(parser.retryMs).toBe(700);
    }),
  );
});

test("lines end as the standard lets them, and a cut between two bytes of one end is none", () => {
  const event = { event: "message", id: "1", data: "a\nb" };
  expect(read("\uFEFFid:1\r\ndata:a\r", "\ndata: b\r\r")).toEqual([]);
  expect(read("\uFEFFid:1\r\ndata:a\r", "\ndata: b\r\r", "\n")).toEqual([event]);
  expect(read("id: 1\rdata: a\rdata: b\r\rdata")).toEqual([event]);
});

test("an id stays until another one comes, and what is no field, id or number is passed over", () => {
  const parser = new EventParser("k-1");
  expect(parser.push("data: a\n\nid: b\0\nfoo: 1\nretry: 5x\ndata\n\nid\ndata: c\n\nevent: x\n\ndata: half")).toEqual([
    { event: "message", id: "k-1", data: "a" },
    { event: "message", id: "k-1", data: "" },
    { event: "message", id: "", data: "c" },
  ]);
  expect(parser.retryMs).toBeUndefined();
});
