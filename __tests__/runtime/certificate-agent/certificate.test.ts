import { verifyCertificate } from "../../../runtime/certificate-agent/certificate";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";

const day = 86_400_000;
const now = new Date("2027-01-15T00:00:00Z");
const on = (days: number) => new Date(now.getTime() + days * day);
const name = "core-0.example.com";

let authority: KeyPairPem;
let other: KeyPairPem;
let pair: KeyPairPem;
beforeAll(async () => {
  authority = await createAuthority("own", 3650 * day, now);
  other = await createAuthority("other", 3650 * day, now);
  pair = await issueCertificate(authority, { names: { dns: [name] }, usages: ["server"], ttlMs: 30 * day, now });
});

const problems = (secret: object = {}, desired: object = {}): string[] => {
  const value = { certificate: pair.cert, chain: "", privateKey: pair.key, authorities: authority.cert, ...secret };
  const verdict = verifyCertificate(JSON.stringify({ issuer: "private", ...value }), {
    names: [name],
    usages: ["server"],
    isPrivate: true,
    now,
    ...desired,
  });
  return "problems" in verdict ? verdict.problems : [];
};

test("a certificate is served while it is valid, and not before or after", () => {
  expect(problems()).toEqual([]);
  expect(problems({}, { now: on(31) }).join()).toContain("it expired on");
  expect(problems({}, { now: on(-2) }).join()).toContain("it is valid only from");
});

test("a certificate is served as what it is for, under the names that it carries", () => {
  expect(problems({}, { names: [name, "other.example.com"] }).join()).toContain("it does not carry other.example.com");
  expect(problems({}, { usages: ["server", "client"] }).join()).toContain("it may not be used as client");
});

test("a certificate comes with its own key, and was signed by the authority that it names", () => {
  expect(problems({ privateKey: other.key }).join()).toContain("the private key belongs to another certificate");
  expect(problems({ authorities: other.cert }).join()).toContain("none of the authorities signed it");
  expect(problems({ authorities: "" }).join()).toMatch(/names no authority|form that the certificate-manager/);
});
