import fc from "fast-check";
import { type Difference, describeDifference, differences, lasting } from "../../../runtime/audit/compare";
import { readDelivery } from "../../../runtime/audit/delivery";

const held = fc.array(fc.string({ minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 60 });
const servers = ["s0", "s1", "s2"];
const same = (messages: string[]) =>
  new Map(servers.map((server) => [server, new Map(messages.map((digest, i): [number, string] => [i + 1, digest]))]));

test("replicas that hold the same have no difference", () => {
  fc.assert(fc.property(held, (messages) => expect(differences(same(messages))).toEqual([])));
});

test("whatever is planted in one replica is found, at its sequence alone", () => {
  const planted = fc.oneof(fc.constant(undefined), fc.constant("another"));
  fc.assert(
    fc.property(held, fc.nat(), fc.constantFrom(...servers), planted, (messages, place, server, wrong) => {
      const replicas = same(messages);
      const sequence = (place % messages.length) + 1;
      if (wrong === undefined) replicas.get(server)?.delete(sequence);
      else replicas.get(server)?.set(sequence, wrong);
      const [found, ...more] = differences(replicas);
      expect(more).toEqual([]);
      expect(found?.sequence).toBe(sequence);
      expect(found?.held[server]).toBe(wrong);
    }),
    { numRuns: 1000 },
  );
});

test("what differs in one reading alone is no difference", () => {
  const at = (...sequences: number[]): Difference[] => sequences.map((sequence) => ({ sequence, held: {} }));
  expect(lasting(at(1, 2, 5), at(2, 5, 9)).map(({ sequence }) => sequence)).toEqual([2, 5]);
  expect(lasting(at(1), [])).toEqual([]);
});

test.each([
  [{ s2: undefined, s0: "a", s1: "a" }, "s0 and s1 hold one message, s2 holds nothing"],
  [{ s0: "a", s1: "b", s2: undefined }, "s0 holds one message, s1 holds another one, s2 holds nothing"],
  [{ s0: undefined, s1: undefined, s2: "a" }, "s0 and s1 hold nothing, s2 holds one message"],
])("who agrees with whom: %j", (difference, text) => {
  expect(describeDifference({ sequence: 1, held: difference })).toBe(text);
});

test("both forms of the subject of an acknowledgement are read, and nothing else", () => {
  const read = { sequence: 42, stored: "1764500000123456789", pending: 7 };
  expect(readDelivery("$JS.ACK.ORDERS.audit.1.42.3.1764500000123456789.7")).toEqual(read);
  expect(readDelivery("$JS.ACK.hub.ACC123.ORDERS.audit.1.42.3.1764500000123456789.7")).toEqual(read);
  expect(readDelivery("$JS.ACK._.ACC123.ORDERS.audit.1.42.3.1764500000123456789.7.rAnDoM")).toEqual(read);
  for (const other of ["", "_INBOX.a.b", "$JS.ACK.ORDERS.audit.1.x.3.1.7", "$JS.ACK.ORDERS", "$JS.FC.a.b.c.d.e.f.g"])
    expect(readDelivery(other)).toBeUndefined();
});
