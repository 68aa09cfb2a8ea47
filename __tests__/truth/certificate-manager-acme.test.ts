import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { join } from "node:path";
import * as acme from "acme-client";
import { type Dns, startDns } from "../../cli/emulator/dns";
import { route53Zones } from "../../cli/emulator/dns-zones";
import { type Pebble, startPebble } from "../../cli/emulator/pebble";
import type { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { splitPem } from "../../runtime/x509/pem";
import { FunctionProcess } from "../support/certificate-process";
import { CertificateWorld } from "../support/certificate-world";
import { eventually } from "../support/eventually";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const world = new CertificateWorld();
let dns: Dns;
let pebble: Pebble;
let staging: Pebble;
/** Whether the DNS server knows the zones. */
let answering = true;
/** Whether it lets whoever asks wait. */
let standing = false;

const acmeCertificate = (id: string, ...names: string[]) => ({
  id,
  issuer: "acme",
  names,
  usages: ["server" as const],
});
const deploy = (...certificates: ReturnType<typeof acmeCertificate>[]) =>
  world.deploy(certificates, { ACME_DIRECTORY_URL: pebble.directoryUrl });
const count = (server: Pebble, text: string) => server.log().split(text).length - 1;
const orders = () => count(pebble, "Added order");
const serial = (stored: CertificateSecret | undefined) => new X509Certificate(stored?.certificate ?? "").serialNumber;

/** Times that the ACME server was not answered within the two seconds that it gives a DNS server. */
const stalls = () => world.logged.join("").split("i/o timeout").length;
/**
 * What a busy machine spoilt, since it stood still for so long that the ACME server refused, is done again: what the
 * program makes of a refusal is tried where the DNS server is down for good.
 */
async function despiteStalls(run: () => Promise<void>): Promise<void> {
  for (let left = 5; ; left--) {
    const before = stalls();
    [answering, standing] = [true, false];
    try {
      return await run();
    } catch (error) {
      if (stalls() === before || left === 0) throw error;
    }
  }
}
const withDns = (name: string, run: () => Promise<void>) => test(name, () => despiteStalls(run));

beforeAll(async () => {
  await world.start();
  const zones = route53Zones(world.moto ?? { url: "", key: "" });
  dns = await startDns({
    zones: async () => {
      while (standing) await new Promise((resolve) => setTimeout(resolve, 50));
      return answering ? zones() : [];
    },
  });
  const start = (name: string) =>
    startPebble({
      dns: dns.address,
      folder: join(world.folder, name),
      nonceRejectPercent: 50,
      authorizationReusePercent: 0,
      blocked: ["blocked.dev.example.com"],
    });
  pebble = await start("pebble");
  staging = await start("staging");
  acme.axios.defaults.httpsAgent = new Agent({
    ca: [readFileSync(pebble.caFile), readFileSync(staging.caFile)].map(String),
  });
});
afterAll(async () => {
  await staging?.stop();
  await pebble?.stop();
  await dns?.stop();
  await world.stop();
});

withDns(
  "a certificate is issued for a name and its wildcard, and what others have written in the zone stays",
  async () => {
    const env = await deploy(acmeCertificate("public", "nats.dev.example.com", "*.nats.dev.example.com"));
    await world.putTxt("_acme-challenge.nats.dev.example.com", "of somebody else");
    const { certificates } = await world.invoke(env);
    expect(certificates).toMatchObject([{ id: "public", outcome: "issued" }]);

    const stored = await world.stored(env, "public");
    const [own, intermediate, root] = [stored?.certificate, stored?.chain, await pebble.rootPem()].map(
      (pem) => new X509Certificate(pem ?? ""),
    ) as [X509Certificate, X509Certificate, X509Certificate];
    expect(own.subjectAltName).toBe("DNS:nats.dev.example.com, DNS:*.nats.dev.example.com");
    expect(own.checkPrivateKey(createPrivateKey(stored?.privateKey ?? ""))).toBe(true);
    expect(own.verify(intermediate.publicKey) && intermediate.verify(root.publicKey)).toBe(true);
    expect(stored?.authorities).toBe("");
    expect(await world.txt()).toEqual({ "_acme-challenge.nats.dev.example.com": ['"of somebody else"'] });

    const before = orders();
    for (let run = 0; run < 20; run++)
      expect((await world.invoke(env)).certificates).toMatchObject([{ outcome: "kept" }]);
    expect({ orders: orders() - before, versions: await world.versions(env, "public") }).toEqual({
      orders: 0,
      versions: 1,
    });
  },
);

withDns("fifty invocations at once make one order", async () => {
  const env = await deploy(acmeCertificate("public", "race.dev.example.com"));
  const before = orders();
  const runs = await Promise.all(Array.from({ length: 50 }, () => world.invoke(env)));
  const outcomes = runs.map(({ certificates }) => certificates[0]?.outcome);
  expect(outcomes.filter((outcome) => outcome === "issued")).toHaveLength(1);
  expect({ orders: orders() - before, versions: await world.versions(env, "public") }).toEqual({
    orders: 1,
    versions: 1,
  });
});

withDns(
  "without DNS nothing is stored, nothing is left in the zone, and nothing is ordered again before its time",
  async () => {
    const env = await deploy(acmeCertificate("public", "dark.dev.example.com"));
    answering = false;
    await expect(world.invoke(env)).rejects.toThrow(
      /public \(.*\): the ACME server has not accepted dark.dev.example.com/,
    );
    expect(await world.stored(env, "public")).toBeUndefined();
    expect(Object.keys(await world.txt())).not.toContain("_acme-challenge.dark.dev.example.com");

    const before = orders();
    answering = true;
    await expect(world.invoke(env)).rejects.toThrow(/not accepted dark.*next try at 20\d\d-/);
    expect(orders()).toBe(before);
    expect((await world.invoke(env, { aheadMs: 2 * minuteMs })).certificates).toMatchObject([{ outcome: "issued" }]);
  },
);

withDns("a refusal of the authority is told, and the other certificates are issued", async () => {
  const env = await deploy(
    acmeCertificate("refused", "x.blocked.dev.example.com"),
    acmeCertificate("public", "fine.dev.example.com"),
  );
  await expect(world.invoke(env)).rejects.toThrow(
    /^certificates are not as wanted:\nrefused \(.*\): rejectedIdentifier: .*; next try at [^\n]+$/,
  );
  expect(await world.stored(env, "refused")).toBeUndefined();
  expect(await world.stored(env, "public")).toBeDefined();
});

withDns("an attempt after a failure is made at the staging server first", async () => {
  const env = await deploy(acmeCertificate("public", "staged.dev.example.com"));
  const environment = { ACME_STAGING_DIRECTORY_URL: staging.directoryUrl };
  const staged = () => count(staging, "Added order") - stagedBefore;
  const stagedBefore = count(staging, "Added order");
  answering = false;
  await expect(world.invoke(env, { environment })).rejects.toThrow("not accepted");
  expect(staged()).toBe(0);
  const before = orders();
  await expect(world.invoke(env, { environment, aheadMs: 2 * minuteMs })).rejects.toThrow("not accepted");
  expect({ staged: staged(), real: orders() - before }).toEqual({ staged: 1, real: 0 });
  answering = true;
  await world.invoke(env, { environment, aheadMs: 20 * minuteMs });
  expect({ staged: staged(), real: orders() - before }).toEqual({ staged: 2, real: 1 });
  const [, intermediate] = splitPem(
    `${(await world.stored(env, "public"))?.certificate}${(await world.stored(env, "public"))?.chain}`,
  );
  expect(new X509Certificate(intermediate ?? "").checkIssued(new X509Certificate(await pebble.rootPem()))).toBe(true);
});

withDns("a certificate that its issuer wants renewed is renewed with a new key, as a replacement", async () => {
  const env = await deploy(acmeCertificate("public", "renewed.dev.example.com"));
  await world.invoke(env);
  const first = await world.stored(env, "public");
  const window = (from: number, to: number) =>
    JSON.stringify({ suggestedWindow: { start: new Date(from).toISOString(), end: new Date(to).toISOString() } });
  await pebble.setRenewalInfo(first?.certificate ?? "", window(Date.now() - 2 * dayMs, Date.now() - dayMs));
  const replacements = count(pebble, "is a replacement of");
  const since = world.logged.length;
  // What was said at the issuance holds for some hours.
  const { certificates } = await world.invoke(env, { aheadMs: 7 * 60 * minuteMs });
  const complaints = world.logged.slice(since).filter((line) => /"level":[45]0/.test(line));
  expect({ certificates, complaints }).toMatchObject({ certificates: [{ outcome: "issued" }], complaints: [] });
  expect(count(pebble, "is a replacement of")).toBe(replacements + 1);
  expect(serial(await world.stored(env, "public"))).not.toBe(serial(first));
  expect((await world.stored(env, "public"))?.privateKey).not.toBe(first?.privateKey);
});

describe("what an issuer has made is looked at before it is stored", () => {
  let env: Record<string, string>;
  let other: CertificateSecret;
  beforeAll(() =>
    despiteStalls(async () => {
      env = await deploy(
        acmeCertificate("public", "true.dev.example.com"),
        acmeCertificate("other", "other.dev.example.com"),
      );
      await world.invoke(env);
      other = (await world.stored(env, "other")) as CertificateSecret;
    }),
  );

  test.each<[string, number, (made: CertificateSecret) => CertificateSecret]>([
    ["it lacks true.dev.example.com", 0, () => other],
    ["the key is not its key", 0, (made) => ({ ...made, privateKey: other.privateKey })],
    ["its chain is missing", 0, (made) => ({ ...made, chain: "" })],
    ["has not signed the one before it", 0, (made) => ({ ...made, chain: made.certificate })],
    ["it cannot be read", 0, (made) => ({ ...made, certificate: made.certificate.replace(/\n.{20}/, "\n") })],
    ["it is not PEM", 0, (made) => ({ ...made, certificate: "" })],
    ["it holds 2 certificates, not one", 0, (made) => ({ ...made, certificate: made.certificate + made.chain })],
    ["it ended at", 91 * dayMs, (made) => made],
    ["it begins at", -dayMs, (made) => made],
  ])("%s", async (reason, aheadMs, lie) => {
    const before = await world.stored(env, "public");
    const made = await world.stored(env, "public");
    const ports = () => ({ issuer: () => ({ issue: async () => lie(made as CertificateSecret) }) });
    await expect(world.invoke(env, { request: { renew: ["public"] }, aheadMs, ports })).rejects.toThrow(reason);
    expect(await world.stored(env, "public")).toEqual(before);
  });
});

withDns(
  "a run that is killed leaves what is stored; the next one tidies the zone, and the deployed bundle issues",
  async () => {
    const env = await deploy(acmeCertificate("public", "killed.dev.example.com"));
    await world.invoke(env);
    const before = await world.stored(env, "public");
    const record = "_acme-challenge.killed.dev.example.com";
    const renew = { renew: ["public"] };
    standing = true;
    const killed = FunctionProcess.start(world, env, pebble.caFile, renew, 120_000);
    const stands = async () => killed.hasEnded || record in (await world.txt());
    await eventually("the challenge stands in the zone", stands, 100);
    await killed.kill();
    standing = false;

    expect(await world.stored(env, "public")).toEqual(before);
    expect(Object.keys(await world.txt())).toContain(record);
    // The lease of the killed run has ended by then; what is stored is valid, so that nothing is ordered.
    expect((await world.invoke(env, { aheadMs: 3 * minuteMs })).certificates).toMatchObject([{ outcome: "kept" }]);
    expect(Object.keys(await world.txt())).not.toContain(record);

    const said = await FunctionProcess.start(world, env, pebble.caFile, renew, 100_000).end();
    expect(said).toContain('"outcome":"issued"');
    expect(said).not.toContain("PRIVATE KEY");
    expect(serial(await world.stored(env, "public"))).not.toBe(serial(before));
  },
);

test("no key stands in a log", async () => {
  const log = world.logged.join("");
  expect(log).toContain('"msg":"renewing"');
  expect(log).not.toMatch(/PRIVATE KEY/);
  for (const body of world.privateKeys) expect(log.includes(body)).toBe(false);
  expect(world.privateKeys.size).toBeGreaterThan(5);
});
