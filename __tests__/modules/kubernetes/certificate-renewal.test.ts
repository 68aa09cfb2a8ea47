import { X509Certificate } from "node:crypto";
import { isKnownAuthority, renewalReason, trustedAuthorities } from "../../../runtime/certificate-renewal/decide";
import type { RenewedCertificate } from "../../../runtime/certificate-renewal/env";
import { renew } from "../../../runtime/certificate-renewal/renew";
import type { Vault } from "../../../runtime/certificate-renewal/vault";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";

const day = 86_400_000;
const start = new Date("2026-11-21T00:00:00Z");
const daysOn = (days: number) => new Date(start.getTime() + days * day);
const silent = { info: () => undefined, warn: () => undefined };

const routes: RenewedCertificate = {
  id: "routes",
  issuer: "routes",
  secret: "nats-routes-tls",
  mount: "pki-routes",
  role: "nats-routes",
  names: ["nats-0.nats-headless.nats.svc.cluster.local", "nats-1.nats-headless.nats.svc.cluster.local"],
  usages: ["server", "client"],
  ttlSeconds: (30 * day) / 1000,
};
const internal: RenewedCertificate = {
  ...routes,
  id: "internal",
  issuer: "internal",
  secret: "nats-internal-tls",
  mount: "pki-internal",
  usages: ["server"],
};

let first: KeyPairPem;
let second: KeyPairPem;
beforeAll(async () => {
  first = await createAuthority("first", 3650 * day, start);
  second = await createAuthority("second", 3650 * day, start);
});

const issue = ({ names, usages, ttlSeconds }: RenewedCertificate, authority: KeyPairPem, now: Date) =>
  issueCertificate(authority, { names: { dns: names }, usages, ttlMs: ttlSeconds * 1000, now });

describe("a certificate is renewed", () => {
  const reason = async (change: Partial<RenewedCertificate>, authority = first, now = start) =>
    renewalReason(await issue({ ...routes, ...change }, authority, start), routes, first.cert, now);

  test.each([
    ["not while it is right", {}, undefined],
    ["when it carries other names", { names: routes.names.slice(1) }, "it carries other names"],
    ["when it carries more names", { names: [...routes.names, "other.example.com"] }, "it carries other names"],
    ["when peers could not use it", { usages: ["server"] as const }, "it may be used otherwise"],
  ])("%s", async (_, change, expected) => {
    expect(await reason(change as Partial<RenewedCertificate>)).toBe(expected);
  });

  test("when a third of its life is left, whatever its life is", async () => {
    expect(await reason({}, first, daysOn(19))).toBeUndefined();
    expect(await reason({}, first, daysOn(20.1))).toBe("a third of its life is left");
    expect(await reason({ ttlSeconds: (6 * day) / 1000 }, first, daysOn(4.1))).toBe("a third of its life is left");
    expect(await reason({}, first, daysOn(31))).toBe("a third of its life is left");
  });

  test("when another authority signs now", async () => {
    expect(await reason({}, second)).toBe("another authority signed it");
  });

  test("when there is none, it cannot be read, or its key is another's", async () => {
    const [one, other] = [await issue(routes, first, start), await issue(routes, first, start)];
    expect(renewalReason({}, routes, first.cert, start)).toBe("there is none yet");
    expect(renewalReason({ cert: "x", key: "y" }, routes, first.cert, start)).toBe("it cannot be read");
    expect(renewalReason({ cert: one.cert, key: other.key }, routes, first.cert, start)).toMatch(/belongs to another/);
  });
});

test("authorities of before are trusted until they end", async () => {
  const short = await createAuthority("short", day, start);
  const both = trustedAuthorities(short.cert, [first.cert], start);
  expect(isKnownAuthority(both, short.cert)).toBe(true);
  expect(isKnownAuthority(both, second.cert)).toBe(false);
  expect(isKnownAuthority(trustedAuthorities(both, [first.cert], daysOn(2)), short.cert)).toBe(false);
});

describe("a run", () => {
  let stored: Record<string, Record<string, string>>;
  let signer: Record<string, KeyPairPem>;
  let issued: string[];
  beforeEach(() => {
    stored = {};
    signer = { "pki-routes": first, "pki-internal": first, root: second };
    issued = [];
  });
  const run = (now = start, certificates = [routes, internal]) => {
    const vault: Vault = {
      authority: async (mount) => signer[mount]?.cert,
      issue: async (certificate) => {
        issued.push(certificate.id);
        return issue(certificate, signer[certificate.mount] as KeyPairPem, now);
      },
    };
    const secrets = {
      read: async (name: string) => ({ ...stored[name] }),
      write: async (name: string, values: Record<string, string>) => {
        stored[name] = { ...stored[name], ...values };
      },
    };
    return renew({
      certificates,
      authoritiesSecret: "nats-authorities",
      rootMount: "root",
      vault,
      secrets,
      now,
      log: silent,
    });
  };
  const trusted = (issuer: string) => stored["nats-authorities"]?.[`${issuer}.crt`] ?? "";

  test("fills empty Secrets, and a second one changes nothing", async () => {
    expect((await run()).changed).toBe(true);
    expect(issued).toEqual(["routes", "internal"]);
    const before = structuredClone(stored);
    expect((await run(daysOn(1))).changed).toBe(false);
    expect(stored).toEqual(before);
  });

  test("routes trust their own authority alone; programs get the root as well", async () => {
    await run();
    expect(isKnownAuthority(trusted("routes"), second.cert)).toBe(false);
    expect(isKnownAuthority(trusted("internal"), second.cert)).toBe(true);
  });

  test("names what every listener has to serve", async () => {
    const { current } = await run();
    expect(current.get("routes")?.fingerprint).toBe(
      new X509Certificate(stored["nats-routes-tls"]?.["tls.crt"] ?? "").fingerprint256,
    );
  });

  test("a new authority is trusted for one run before anything that it signed is served", async () => {
    await run();
    const before = stored["nats-routes-tls"];
    signer["pki-routes"] = second;
    await run(daysOn(1));
    expect(isKnownAuthority(trusted("routes"), first.cert)).toBe(true);
    expect(isKnownAuthority(trusted("routes"), second.cert)).toBe(true);
    expect(stored["nats-routes-tls"]).toEqual(before);
    await run(daysOn(1.25));
    expect(stored["nats-routes-tls"]).not.toEqual(before);
    expect(isKnownAuthority(trusted("routes"), first.cert)).toBe(true);
  });

  test("without an authority nothing is touched", async () => {
    delete signer["pki-internal"];
    await expect(run()).rejects.toThrow("Vault has no authority at pki-internal");
    expect(stored).toEqual({});
  });
});
