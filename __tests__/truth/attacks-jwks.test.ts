import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { getText } from "../../runtime/auth-callout/https-get";
import { readKeySet } from "../../runtime/auth-callout/jwks";
import { KeyStore } from "../../runtime/auth-callout/key-store";
import { type KeyEndpoint, startKeyEndpoint } from "../support/attacks/key-endpoint";
import { type ServiceWithoutNats, startServiceWithoutNats } from "../support/attacks/service-without-nats";
import { makeCertificate, makeFolder, removeFolder } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

/** Families J1 to J5 of docs/attacks.md: the issuer's key endpoint fails, stalls or lies, over real connections. */

const issuer = "https://tenant.example.com/";
const audience = "https://api.example.com";
const folder = makeFolder();
const { certFile, keyFile } = makeCertificate(folder);
const certificate = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
const stops: (() => Promise<unknown>)[] = [];

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let [current, next]: Pair[] = [];
let jwks: Record<"current" | "next", JWK>;

beforeAll(async () => {
  current = await generateKeyPair("RS256", { extractable: true });
  next = await generateKeyPair("RS256", { extractable: true });
  jwks = {
    current: { ...(await exportJWK(current.publicKey)), kid: "current" },
    next: { ...(await exportJWK(next.publicKey)), kid: "next" },
  };
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => removeFolder(folder));

async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  stops.push(() => running.stop());
  return running;
}

const keys =
  (...list: JWK[]): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify({ keys: list }));
const drop: RequestListener = (request) => request.socket.destroy();

async function token(kid = "current", { privateKey } = current as Pair): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject("alice")
    .setExpirationTime("10m")
    .sign(privateKey);
}

const serviceFor = (jwksUri: string, jwksCa?: string): Promise<ServiceWithoutNats> =>
  started(startServiceWithoutNats({ jwtIssuer: issuer, jwtAudience: audience, jwksUri, jwksCa }));
const inClear = ({ port }: KeyEndpoint) => `http://127.0.0.1:${port}/keys`;
/** A key store over real connections with a clock that the test moves. */
function storeFor(endpoint: KeyEndpoint) {
  const clock = { now: 0 };
  const load = async () =>
    readKeySet(await getText(inClear(endpoint), { timeoutMs: 20_000, maxBytes: 131_072 }), ["RS256"]);
  return { clock, store: new KeyStore({ load, now: () => clock.now }) };
}

/** How long the service waits after a download that failed, and after one that succeeded. */
const pauseMs = { failed: 5000, succeeded: 30_000 };
/** One download, and one more for each pause that a busy machine lets pass. */
const downloadsSince = (start: number, pause: number) => 1 + Math.floor((performance.now() - start) / pause);

const figures: string[] = [];
afterAll(() => void process.stdout.write(`${figures.join("\n")}\n`));

/** Logins at once, each with an answer in time. */
async function logins(service: ServiceWithoutNats, what: string, tokens: string[]): Promise<string[]> {
  const answers = await Promise.all(tokens.map((one) => service.login(one)));
  const longest = Math.max(...answers.map(({ milliseconds }) => milliseconds));
  figures.push(`${what}: ${tokens.length} logins at once, the last answered after ${longest.toFixed(0)} ms`);
  return [...new Set(answers.map(({ answer }) => answer))];
}

/** Logs in until the keys are there: on a busy machine the first download may take longer than it is given. */
const admits = (service: ServiceWithoutNats, what: string, token: string) =>
  eventually(what, async () => (await logins(service, what, [token])).join() === "admitted");

test("J1: down at the start denies with an answer, and recovers alone", async () => {
  const endpoint = await started(startKeyEndpoint(drop));
  const start = performance.now();
  const service = await serviceFor(inClear(endpoint));
  const good = await token();
  expect(await logins(service, "J1 down", Array(20).fill(good))).toEqual(["jwks_unavailable"]);
  expect(endpoint.fetches()).toBeLessThanOrEqual(downloadsSince(start, pauseMs.failed));

  const { clock, store } = storeFor(endpoint);
  await expect(store.find("current")).rejects.toMatchObject({ reason: "jwks_unavailable" });
  endpoint.answer(keys(jwks.current));
  await expect(store.find("current")).rejects.toMatchObject({ reason: "jwks_unavailable" });
  clock.now += 5000;
  expect(await store.find("current")).toBeDefined();
});

test("J2: down while warm keeps the last good keys for an hour and not longer", async () => {
  const endpoint = await started(startKeyEndpoint(keys(jwks.current)));
  const { clock, store } = storeFor(endpoint);
  expect(await store.find("current")).toBeDefined();
  endpoint.answer(drop);
  clock.now += 3_600_000;
  expect(await store.find("current")).toBeDefined();
  expect(await store.find("next")).toBeUndefined();
  clock.now += 1;
  await expect(store.find("current")).rejects.toMatchObject({ reason: "jwks_unavailable" });
  endpoint.answer(keys(jwks.current));
  clock.now += 5000;
  expect(await store.find("current")).toBeDefined();
});

test("J3: a thousand logins with unknown keys cause one download at most, and good ones get in between", async () => {
  const endpoint = await started(startKeyEndpoint(keys(jwks.current)));
  const service = await serviceFor(inClear(endpoint));
  const [good, other] = [await token(), await token("other")];
  await admits(service, "J3 first", good);
  const unknown = Array.from({ length: 1000 }, (_, i) =>
    other.replace(/^[^.]+/, Buffer.from(JSON.stringify({ alg: "RS256", kid: `unknown-${i}` })).toString("base64url")),
  );
  const [before, start] = [endpoint.fetches(), performance.now()];
  const answers = { unknown: new Set<string>(), good: new Set<string>() };
  const ask = async (kind: keyof typeof answers, one: string) => answers[kind].add((await service.login(one)).answer);
  // A hundred at once: to seal a thousand takes the test itself as long as a server waits.
  for (let sent = 0; sent < unknown.length; sent += 100)
    await Promise.all([...unknown.slice(sent, sent + 100).map((one) => ask("unknown", one)), ask("good", good)]);
  expect([...answers.unknown]).toEqual(["token_unknown_key"]);
  expect([...answers.good]).toEqual(["admitted"]);
  expect(endpoint.fetches() - before).toBeLessThanOrEqual(downloadsSince(start, pauseMs.succeeded));
});

test("J4: a new key is found with one download, the old one verifies until it is withdrawn", async () => {
  const endpoint = await started(startKeyEndpoint(keys(jwks.current)));
  const { clock, store } = storeFor(endpoint);
  await store.find("current");
  endpoint.answer(keys(jwks.current, jwks.next));
  clock.now += 30_000;
  expect(await Promise.all([store.find("next"), store.find("current")])).not.toContain(undefined);
  expect(endpoint.fetches()).toBe(2);
  endpoint.answer(keys(jwks.next));
  clock.now += 30_000;
  expect(await store.find("gone")).toBeUndefined();
  expect(await store.find("current")).toBeUndefined();
  expect(endpoint.fetches()).toBe(3);
});

describe("J5: an endpoint that", () => {
  const mebibyte = "x".repeat(1024 * 1024);
  const redirect =
    (location: string): RequestListener =>
    (_, response) =>
      response.writeHead(302, { location }).end();
  const faults: [string, RequestListener][] = [
    ["never answers", () => undefined],
    [
      "answers a byte at a time",
      (_, response) => {
        const timer = setInterval(() => response.write(" "), 50);
        response.on("close", () => clearInterval(timer));
      },
    ],
    [
      "sends 10 MB",
      (_, response) => {
        for (let i = 0; i < 10; i++) response.write(mebibyte);
        response.end();
      },
    ],
    ["says 500", (_, response) => response.writeHead(500).end()],
    ["redirects to http", redirect("http://example.com/keys")],
    ["redirects to itself", redirect("/keys")],
    ["sends HTML", (_, response) => response.end("<html><body>Sign in</body></html>")],
    ["has no keys", (_, response) => response.end('{"keys":[]}')],
    [
      "has keys for encryption only",
      (_, response) => response.end(JSON.stringify({ keys: [{ ...jwks.current, use: "enc" }] })),
    ],
    [
      "cuts its answer off",
      (_, response) => {
        response.writeHead(200, { "content-length": "5000" });
        response.write('{"keys":[', () => response.destroy());
      },
    ],
    ["drops the connection", drop],
  ];
  test.each(faults)("%s denies everybody, each with an answer", async (what, listener) => {
    const endpoint = await started(startKeyEndpoint(listener));
    const start = performance.now();
    const service = await serviceFor(inClear(endpoint));
    expect(await logins(service, `J5 ${what}`, Array(20).fill(await token()))).toEqual(["jwks_unavailable"]);
    expect(endpoint.fetches()).toBeGreaterThan(0);
    expect(endpoint.fetches()).toBeLessThanOrEqual(downloadsSince(start, pauseMs.failed));
  });

  test("has a certificate for another name, or of another authority, is not asked for keys", async () => {
    const endpoint = await started(startKeyEndpoint(keys(jwks.current), certificate));
    const { port } = endpoint;
    const good = await token();
    const ask = async (what: string, host: string, ca?: string) =>
      logins(await serviceFor(`https://${host}:${port}/keys`, ca), `J5 ${what}`, [good]);
    expect(await ask("wrong name", "127.0.0.2", certificate.cert)).toEqual(["jwks_unavailable"]);
    expect(await ask("unknown authority", "localhost")).toEqual(["jwks_unavailable"]);
    expect(endpoint.fetches()).toBe(0);
    await admits(await serviceFor(`https://localhost:${port}/keys`, certificate.cert), "J5 right name", good);
  });

  test("has no TLS, beyond the loopback interface, is never dialled", async () => {
    const service = await serviceFor("http://192.0.2.1/keys");
    expect(await logins(service, "J5 in clear", [await token()])).toEqual(["jwks_unavailable"]);
  });

  test("does not exist is not waited for longer than servers wait", async () => {
    const service = await serviceFor("https://192.0.2.1/keys");
    expect(await logins(service, "J5 unreachable", [await token()])).toEqual(["jwks_unavailable"]);
  });
});
