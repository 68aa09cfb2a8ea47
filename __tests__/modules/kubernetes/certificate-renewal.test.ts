import { X509Certificate } from "node:crypto";
import { knownSince, maySign, renewalReason, trustedAuthorities } from "../../../runtime/certificate-renewal/decide";
import type { RenewedCertificate } from "../../../runtime/certificate-renewal/env";
import { renew } from "../../../runtime/certificate-renewal/renew";
import type { Vault } from "../../../runtime/certificate-renewal/vault";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";
import { splitPem } from "../../../runtime/x509/pem";

const day = 86_400_000;
const start = new Date("2026-11-21T00:00:00Z");
const daysOn = (days: number) => new Date(start.getTime() + days * day);
const lists = (authorities: string, authority: string) => splitPem(authorities).includes(splitPem(authority)[0] ?? "");
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
  expect(lists(both, short.cert)).toBe(true);
  expect(lists(both, second.cert)).toBe(false);
  expect(lists(trustedAuthorities(both, [first.cert], daysOn(2)), short.cert)).toBe(false);
});

test("an authority counts as known from when it was first written, and one that nobody noted from now on", () => {
  const noted = knownSince(undefined, first.cert, start);
  expect(knownSince(noted, first.cert, daysOn(3))).toBe(noted);
  expect(knownSince(noted, second.cert, daysOn(3))).toBe(knownSince(undefined, second.cert, daysOn(3)));
});

describe("who may sign what replaces a certificate", () => {
  const alone = () => ({ trusted: first.cert, current: [first.cert] });
  const beside = () => ({ trusted: `${first.cert}${second.cert}`, current: [second.cert] });

  test("what the same authority signed, and the first certificate of all, wait for nobody", async () => {
    const pair = await issue(routes, first, start);
    const noted = knownSince(undefined, first.cert, start);
    expect(maySign(pair, first.cert, alone(), noted, start)).toBe("sign");
    expect(maySign({ cert: "", key: "" }, first.cert, alone(), noted, start)).toBe("sign");
    expect(maySign({}, first.cert, beside(), noted, start)).toBe("sign");
  });

  test("another authority is in the Secret for a while, and proven", async () => {
    const pair = await issue(routes, first, start);
    const noted = knownSince(undefined, first.cert, start);
    const since = knownSince(noted, second.cert, start);
    expect(maySign(pair, second.cert, beside(), since, start)).toBe("wait");
    expect(maySign(pair, second.cert, beside(), since, daysOn(1))).toBe("prove");
    expect(maySign(pair, second.cert, beside(), "nothing noted", daysOn(1))).toBe("wait");
    // Its bundle was lost: servers may trust the other one alone.
    expect(maySign(pair, second.cert, { trusted: second.cert, current: [second.cert] }, since, start)).toBe("wait");
  });

  test("a pair that no server can load is replaced at once, or once another authority has spread: nobody can reload for a proof", async () => {
    const [one, other] = [await issue(routes, first, start), await issue(routes, first, start)];
    const since = knownSince(undefined, second.cert, start);
    for (const broken of [
      { cert: other.cert, key: one.key },
      { cert: "unreadable", key: one.key },
      { cert: one.cert },
    ]) {
      expect(maySign(broken, second.cert, { trusted: second.cert, current: [second.cert] }, since, start)).toBe("sign");
      expect(maySign(broken, second.cert, beside(), since, start)).toBe("wait");
      expect(maySign(broken, second.cert, beside(), since, daysOn(1))).toBe("sign");
    }
  });
});

describe("a run", () => {
  let stored: Record<string, Record<string, string>>;
  let signer: Record<string, KeyPairPem>;
  let issued: string[];
  let refusing: string[];
  beforeEach(() => {
    stored = {};
    signer = { "pki-routes": first, "pki-internal": first, root: second };
    issued = [];
    refusing = [];
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
      refusing: async () => refusing,
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
    expect(lists(trusted("routes"), second.cert)).toBe(false);
    expect(lists(trusted("internal"), second.cert)).toBe(true);
  });

  test("names what every listener has to serve", async () => {
    const { current } = await run();
    expect(current.get("routes")?.fingerprint).toBe(
      new X509Certificate(stored["nats-routes-tls"]?.["tls.crt"] ?? "").fingerprint256,
    );
  });

  test("another authority is trusted beside the old one, and signs once it had time to spread and servers accept it", async () => {
    await run();
    const before = stored["nats-routes-tls"];
    signer["pki-routes"] = second;
    const at = daysOn(1);
    const minutesOn = (minutes: number) => new Date(at.getTime() + minutes * 60_000);
    await run(at);
    expect(lists(trusted("routes"), first.cert)).toBe(true);
    expect(lists(trusted("routes"), second.cert)).toBe(true);
    // Programs read the Secret at every connect, and nobody can ask them.
    await run(minutesOn(9));
    expect(stored["nats-routes-tls"]).toEqual(before);
    refusing = ["routes on nats-1:6222"];
    expect((await run(minutesOn(30))).refused).toEqual([expect.stringContaining("routes on nats-1:6222")]);
    expect(stored["nats-routes-tls"]).toEqual(before);
    refusing = [];
    expect((await run(minutesOn(40))).refused).toEqual([]);
    expect(stored["nats-routes-tls"]).not.toEqual(before);
    expect(lists(trusted("routes"), first.cert)).toBe(true);
  });

  test("without an authority nothing is touched", async () => {
    delete signer["pki-internal"];
    await expect(run()).rejects.toThrow("Vault has no authority at pki-internal");
    expect(stored).toEqual({});
  });
});
