import fc from "fast-check";
import { checkHeader, checkName, checkPattern, checkQueue, checkSubject } from "../../../runtime/client/names";

const refused = /^the [\w -]+ ".*" (holds|has|is|must)/s;

test.each([
  ["a second command", "a 0\r\n\r\nPUB admin.cmd 3\r\nyes\r\nPUB t"],
  ["a line break", "a\nb"],
  ["a space, which makes a reply subject", "a admin"],
  ["a tab", "a\tb"],
  ["a NUL", "a\u0000b"],
  ["a non-breaking space", "a\u00a0b"],
  ["an empty token", "a..b"],
  ["an empty token at the begin", ".a"],
  ["an empty token at the end", "a."],
  ["half a character", "a\ud800"],
  ["nothing", ""],
  ["more than a server reads", "a".repeat(1025)],
])("%s stands in no subject, pattern or queue group", (_, text) => {
  for (const check of [checkSubject, checkPattern, checkQueue]) expect(() => check(text)).toThrow(refused);
});

test("wildcards are for those who listen alone, and > for the end alone", () => {
  for (const pattern of ["a.*.b", "a.>", ">"]) {
    expect(() => checkPattern(pattern)).not.toThrow();
    expect(() => checkSubject(pattern)).toThrow(/wildcard/);
    expect(() => checkQueue(pattern)).toThrow(/wildcard/);
  }
  expect(() => checkPattern("a.>.b")).toThrow(/before its end/);
});

test("a subject is checked each time, also when there were many others", () => {
  for (let i = 0; i < 3000; i++) checkSubject(`orders.${i}`);
  for (let i = 0; i < 2; i++) expect(() => checkSubject("orders.1 x")).toThrow(refused);
});

test("what passes holds nothing that ends a word or a line of the protocol", () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
      try {
        checkSubject(text);
      } catch {
        return;
      }
      expect(/\s/.test(text) || text.includes("\0")).toBe(false);
      expect(text.split(".")).not.toContain("");
    }),
  ));

test("headers hold no line break, and their names are names", () => {
  expect(() => checkHeader("X-Note", "a\tb")).not.toThrow();
  for (const [name, value] of [
    ["X-Note", "a\r\nNats-Rollup: all"],
    ["X-Note", "a\u0000"],
    ["X Note", "a"],
    ["X:Note", "a"],
    ["", "a"],
  ] as const)
    expect(() => checkHeader(name, value)).toThrow(refused);
});

test("a stream's name is one token", () => {
  expect(() => checkName("ORDERS_2-a", "stream")).not.toThrow();
  for (const name of ["a.b", "a b", "*", "", "a".repeat(256)]) expect(() => checkName(name, "stream")).toThrow(refused);
});
