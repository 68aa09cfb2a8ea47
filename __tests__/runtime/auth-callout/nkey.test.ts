import fc from "fast-check";
import { createAccount, createCurve, createServer, createUser, fromPublic } from "nkeys.js";
import { isPublicKey, publicKeyBytes, seedBytes, signingKey, verifySignature } from "../../../runtime/nkeys/nkey";
import { seedOf } from "../../support/callout-keys";

const kinds = [
  ["A", createAccount],
  ["U", createUser],
  ["N", createServer],
] as const;

test.each(kinds)("keys of kind %s are those of nkeys.js, byte for byte", (kind, create) => {
  fc.assert(
    fc.property(fc.string(), (data) => {
      const pair = create();
      const key = signingKey(kind, seedOf(pair));
      expect(key?.publicKey).toBe(pair.getPublicKey());
      expect(key?.sign(data).equals(Buffer.from(pair.sign(Buffer.from(data))))).toBe(true);
      expect(fromPublic(pair.getPublicKey()).verify(Buffer.from(data), key?.sign(data) ?? new Uint8Array())).toBe(true);
    }),
    { numRuns: 3 }, // nkeys.js needs 40 ms for each key
  );
});

test("a signature is of exactly these data, by exactly this key", () => {
  const [pair, other] = [createUser(), createUser()];
  const signature = Buffer.from(pair.sign(Buffer.from("nonce")));
  expect(verifySignature("U", pair.getPublicKey(), "nonce", signature)).toBe(true);
  expect(verifySignature("U", pair.getPublicKey(), "nonce2", signature)).toBe(false);
  expect(verifySignature("U", other.getPublicKey(), "nonce", signature)).toBe(false);
  expect(verifySignature("U", pair.getPublicKey(), "nonce", signature.subarray(1))).toBe(false);
  expect(verifySignature("A", pair.getPublicKey(), "nonce", signature)).toBe(false);
});

test("a key of another kind, a changed letter or other text is no key", () => {
  const pair = createAccount();
  const key = pair.getPublicKey();
  expect(isPublicKey("A", key)).toBe(true);
  expect(isPublicKey("U", key)).toBe(false);
  expect(seedBytes("A", seedOf(pair))).toHaveLength(32);
  expect(seedBytes("U", seedOf(pair))).toBeUndefined();
  expect(publicKeyBytes("A", seedOf(pair))).toBeUndefined();
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 55 }),
      fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567a01 ="),
      (at, letter) => {
        const changed = key.slice(0, at) + letter + key.slice(at + 1);
        expect(isPublicKey("A", changed)).toBe(changed === key);
      },
    ),
    { numRuns: 500 },
  );
});

test("curve keys are read as well", () => {
  const pair = createCurve();
  expect(publicKeyBytes("X", pair.getPublicKey())).toHaveLength(32);
  expect(seedBytes("X", seedOf(pair))).toHaveLength(32);
});
