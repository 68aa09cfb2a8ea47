import fc from "fast-check";
import { covers, overlaps, tokensOf, widest } from "../../../runtime/subjects/spec";

const token = fc.constantFrom("a", "b", "*");
const pattern = fc
  .tuple(fc.array(token, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, open]) => [...tokens, ...(open ? [">"] : [])].join("."));
const literal = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join("."));

test.each([
  ["orders.>", "orders.a", true, true],
  ["orders.>", "orders", false, false],
  ["global.*", "global.user.registered", false, false],
  ["a.*.c", "a.b.*", true, false],
  ["*", ">", true, false],
  [">", "*.*", true, true],
  ["a.b", "a.b", true, true],
  ["a.{realm.id}", "a.*", true, false],
])("%s and %s", (a, b, overlap, cover) => {
  expect(overlaps(a, b)).toBe(overlap);
  expect(overlaps(b, a)).toBe(overlap);
  expect(covers(a, b)).toBe(cover);
});

test("a subject that both match is an overlap, and what the narrow one matches the wide one matches", () => {
  fc.assert(
    fc.property(pattern, pattern, literal, (a, b, subject) => {
      if (covers(a, subject) && covers(b, subject)) expect(overlaps(a, b)).toBe(true);
      if (covers(a, b) && covers(b, subject)) expect(covers(a, subject)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("a placeholder is one token, and as wide as a wildcard behind the first", () => {
  expect(tokensOf("user.{realm.id}.>")).toEqual(["user", "{realm.id}", ">"]);
  expect(widest("$JS.API.{realm.id}.x")).toBe("$JS.API.*.x");
  expect(widest("{sub}.>")).toBe("{sub}.>");
});
