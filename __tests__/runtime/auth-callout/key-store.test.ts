import { createPublicKey, generateKeyPairSync } from "node:crypto";
import type { VerificationKey } from "../../../runtime/auth-callout/jwks";
import { KeyStore } from "../../../runtime/auth-callout/key-store";

const key = { key: createPublicKey(generateKeyPairSync("ed25519").privateKey) };
const COOLDOWN = 30_000;
const RETRY = 5000;
const STALE = 3_600_000;

/** An issuer and a clock. */
function setUp(...kids: string[]) {
  const issuer = { kids, down: false, loads: 0, now: 1000 };
  const results: (string | undefined)[] = [];
  const store = new KeyStore({
    now: () => issuer.now,
    onLoad: ({ error }) => results.push(error?.message),
    async load(): Promise<ReadonlyMap<string, VerificationKey>> {
      issuer.loads++;
      await Promise.resolve();
      if (issuer.down) throw new Error("down");
      return new Map(issuer.kids.map((kid) => [kid, key]));
    },
  });
  return { issuer, store, results };
}
const unavailable = { name: "Denial", reason: "jwks_unavailable" };

test("keys are loaded by the first look-up and kept", async () => {
  const { issuer, store } = setUp("a", "b");
  expect(store.usable).toBe(false);
  expect(await Promise.all([store.find("a"), store.find("b")])).toEqual([key, key]);
  issuer.now += COOLDOWN - 1;
  expect(await store.find("a")).toBe(key);
  expect(issuer.loads).toBe(1);
});

test("1,000 look-ups of unknown keys cost one download, and none within the cooldown", async () => {
  const { issuer, store } = setUp("a");
  await store.find("a");
  const flood = () => Promise.all(Array.from({ length: 1000 }, (_, index) => store.find(`unknown-${index}`)));
  expect((await flood()).every((found) => found === undefined)).toBe(true);
  expect(issuer.loads).toBe(1);
  issuer.now += COOLDOWN;
  await flood();
  expect(issuer.loads).toBe(2);
});

test("a new key is found with one download, and a withdrawn one is gone with it", async () => {
  const { issuer, store } = setUp("a");
  await store.find("a");
  issuer.kids = ["b"];
  issuer.now += COOLDOWN;
  expect(await store.find("b")).toBe(key);
  expect(await store.find("a")).toBeUndefined();
  expect(issuer.loads).toBe(2);
});

test("an issuer that is down at the start denies, is asked once in a while, and recovery is noticed", async () => {
  const { issuer, store, results } = setUp("a");
  issuer.down = true;
  for (let attempt = 0; attempt < 100; attempt++) await expect(store.find("a")).rejects.toMatchObject(unavailable);
  expect(issuer.loads).toBe(1);
  issuer.down = false;
  await expect(store.find("a")).rejects.toMatchObject(unavailable);
  issuer.now += RETRY;
  expect(await store.find("a")).toBe(key);
  expect(results).toEqual(["down", undefined]);
});

test("the last good keys serve while the issuer is down, for a bounded time", async () => {
  const { issuer, store } = setUp("a");
  await store.find("a");
  issuer.down = true;
  issuer.now += STALE;
  expect(await store.find("a")).toBe(key);
  expect(await store.find("b")).toBeUndefined();
  issuer.now += 1;
  expect(store.usable).toBe(false);
  await expect(store.find("a")).rejects.toMatchObject(unavailable);
});

test("started, it loads by itself", async () => {
  const { issuer, store } = setUp("a");
  await store.start();
  expect(store.usable).toBe(true);
  expect(issuer.loads).toBe(1);
  store.stop();
});
