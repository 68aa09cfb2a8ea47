import fc from "fast-check";
import { createCurve } from "nkeys.js";
import { type Xkey, xkey } from "../../../runtime/auth-callout/xkey";
import { seedOf } from "../../support/callout-keys";

const pair = createCurve();
const own = xkey(seedOf(pair)) as Xkey;
const server = createCurve();

test("boxes go both ways between ours and nkeys.js", () => {
  expect(own.publicKey).toBe(pair.getPublicKey());
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (content) => {
      expect(own.open(server.seal(content, own.publicKey), server.getPublicKey())).toEqual(content);
      expect(server.open(own.seal(content, server.getPublicKey()), own.publicKey)).toEqual(content);
    }),
    { numRuns: 4 }, // nkeys.js needs 20 ms for each box
  );
});

test("a box for another key, from another sender, damaged or cut is not opened", () => {
  const box = server.seal(Buffer.from("content"), own.publicKey);
  const other = createCurve();
  expect(own.open(server.seal(Buffer.from("content"), other.getPublicKey()), server.getPublicKey())).toBeUndefined();
  expect(own.open(box, other.getPublicKey())).toBeUndefined();
  expect(own.open(box, "not a key")).toBeUndefined();
  for (let length = 0; length < box.length; length++)
    expect(own.open(box.subarray(0, length), server.getPublicKey())).toBeUndefined();
  for (let at = 0; at < box.length; at++) {
    const damaged = Uint8Array.from(box, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(own.open(damaged, server.getPublicKey())).toBeUndefined();
  }
});

test("nothing is sealed to what is no xkey", () => {
  expect(() => own.seal(Buffer.from("content"), "not a key")).toThrow("public xkey");
});

test("text that is no seed of a curve makes no key", () => {
  expect(xkey("SUAM")).toBeUndefined();
});
