import { addressesOf, NATS_CONFIG } from "../../../runtime/client/addresses";
import { TokenSource } from "../../../runtime/client/token-source";

test("servers go before NATS_URL, and that before the default", () => {
  expect(addressesOf("tls://a:4222", "tls://b:4222", undefined).servers).toEqual(["tls://a:4222"]);
  expect(addressesOf(undefined, "tls://b:4222, tls://c:4222", undefined).servers).toEqual([
    "tls://b:4222",
    "tls://c:4222",
  ]);
  for (const unset of [undefined, ""])
    expect(addressesOf(undefined, unset, undefined)).toEqual({
      servers: [NATS_CONFIG.DEFAULT_SERVER_URL],
      encrypted: true,
    });
});

test.each([
  ["nats://a:4222", undefined, "would connect in clear"],
  ["nats://a:4222", "loopback", "is not this machine"],
  ["nats://127.0.0.1.evil.example:4222", "loopback", "is not this machine"],
  ["nats://localhost:4222,tls://a:4222", "mesh", "mixed"],
  ["nats://me:secret@localhost:4222", "loopback", "credentials"],
  ["tls://me:secret@a:4222", undefined, "credentials"],
] as const)("%s with plaintext %s is refused: %s", (url, plaintext, why) => {
  expect(() => addressesOf(undefined, url, plaintext)).toThrow(why);
});

test("nats:// is dialled on this machine, or anywhere behind a mesh, once that is allowed", () => {
  for (const url of ["nats://127.0.0.1:4222", "nats://localhost:4222", "nats://[::1]:4222"])
    expect(addressesOf(url, undefined, "loopback")).toEqual({ servers: [url], encrypted: false });
  expect(addressesOf("nats://nats.lfx:4222", undefined, "mesh").encrypted).toBe(false);
  expect(addressesOf("tls://nats.lfx:4222", undefined, "mesh").encrypted).toBe(true);
});

describe("tokens of an issuer", () => {
  const now = Date.now();
  const token = (n: number, lifeMs: number) =>
    `x.${Buffer.from(JSON.stringify({ n, exp: (now + lifeMs) / 1000 })).toString("base64url")}.x`;
  beforeEach(() => jest.useFakeTimers({ now }));
  afterEach(() => jest.useRealTimers());

  test("are fetched again before they end, and again when that failed", async () => {
    const fetched: number[] = [];
    const problems: string[] = [];
    const source = new TokenSource(
      {
        token: async () => {
          fetched.push(Date.now() - now);
          if (fetched.length === 2) throw new Error("issuer away");
          return token(fetched.length, 300_000);
        },
      },
      (problem) => problems.push(problem),
    );
    expect(() => source.current()).toThrow("no token");
    await Promise.all([source.prepare(), source.prepare()]);
    expect([fetched, source.current()]).toEqual([[0], token(1, 300_000)]);
    await jest.advanceTimersByTimeAsync(240_000);
    expect([fetched, problems]).toEqual([[0, 240_000], ["no new token: issuer away"]]);
    await jest.advanceTimersByTimeAsync(5000);
    expect([fetched, source.current()]).toEqual([[0, 240_000, 245_000], token(3, 300_000)]);
    source.stop();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(fetched).toHaveLength(3);
  });
});
