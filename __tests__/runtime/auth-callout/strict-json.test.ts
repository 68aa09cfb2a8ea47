import fc from "fast-check";
import { parseStrictObject } from "../../../runtime/auth-callout/strict-json";

const parse = (text: string) => parseStrictObject(Buffer.from(text));

test("an object is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.jsonValue({ maxDepth: 5 }),
      ),
      (value) => {
        const text = JSON.stringify(value);
        // fast-check's values may hold __proto__ and lone surrogates deeper down.
        fc.pre(!text.includes("__proto__") && !/\\ud[89a-f]/i.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  ["two equal keys", '{"sub":"a","sub":"b"}'],
  ["two equal keys, one of them escaped", '{"sub":"a","\\u0073ub":"b"}'],
  ["two equal keys deeper down", '{"a":[{"b":1,"b":2}]}'],
  ["__proto__", '{"__proto__":{"admin":true}}'],
  ["a byte order mark", '\ufeff{"sub":"a"}'],
  ["a lone surrogate", '{"sub":"\\ud800"}'],
  ["10,000 levels", `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`],
  ["a list", "[]"],
  ["null", "null"],
  ["text that is no JSON", "{"],
])("%s is refused", (_, text) => {
  expect(parse(text)).toBeUndefined();
});

test("overlong and cut UTF-8 is refused", () => {
  expect(parseStrictObject(Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
  expect(parseStrictObject(Buffer.from([0x7b, 0x22, 0xe2, 0x82, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined();
});

test("the same key in two objects, and braces in text, are fine", () => {
  expect(parse('{"a":{"k":1},"b":{"k":"{\\"k\\":[}"}}')).toEqual({ a: { k: 1 }, b: { k: '{"k":[}' } });
});
