import "reflect-metadata";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { createRequest } from "../../runtime/x509/request";

const long = `${"n".repeat(63)}.nats.svc`;
const sanOid = "2.5.29.17";
const addressesOnly = { dns: [], addresses: ["127.0.0.1"] };

/** Subject, names and whether they are critical, of a request or a certificate, read from its bytes. */
const read = (made: x509.Pkcs10CertificateRequest | x509.X509Certificate) => {
  const names = made.getExtension(sanOid) as x509.SubjectAlternativeNameExtension;
  return { subject: made.subject, names: names.names.items.map(({ value }) => value), critical: names.critical };
};

const cases: [string, string[], string][] = [
  ["the first name is the common name", ["core-0.nats.svc", "core.nats.svc"], "CN=core-0.nats.svc"],
  ["the first that fits is", [long, "core.nats.svc"], "CN=core.nats.svc"],
  ["one of 64 characters fits", [`${"n".repeat(55)}.nats.svc`], `CN=${"n".repeat(55)}.nats.svc`],
  ["a wildcard is a name, too", ["*.example.com"], "CN=*.example.com"],
  // RFC 5280, 4.2.1.6: without a subject the alternative names are all that there is, and critical.
  ["when none fits there is no subject, and the names are critical", [long, `other.${long}`], ""],
];

test.each(cases)("in a request %s", async (_, names, subject) => {
  const { request } = await createRequest(names);
  expect(read(new x509.Pkcs10CertificateRequest(request))).toEqual({ subject, names, critical: subject === "" });
});

test.each(cases)("in a certificate of an own authority %s", async (_, names, subject) => {
  const now = new Date();
  const authority = await createAuthority("test", 3_600_000, now);
  const issued = await issueCertificate(authority, { names: { dns: names }, usages: ["server"], ttlMs: 60_000, now });
  expect(read(new x509.X509Certificate(issued.cert))).toEqual({ subject, names, critical: subject === "" });
  const certificate = new X509Certificate(issued.cert);
  expect(certificate.checkIssued(new X509Certificate(authority.cert))).toBe(true);
  for (const name of names.filter((one) => !one.startsWith("*"))) expect(certificate.checkHost(name)).toBe(name);
});

test("a certificate of an address alone has no subject", async () => {
  const now = new Date();
  const authority = await createAuthority("test", 3_600_000, now);
  const issued = await issueCertificate(authority, { names: addressesOnly, usages: ["server"], ttlMs: 60_000, now });
  const facts = read(new x509.X509Certificate(issued.cert));
  expect(facts).toEqual({ subject: "", names: ["127.0.0.1"], critical: true });
  expect(new X509Certificate(issued.cert).checkIP("127.0.0.1")).toBe("127.0.0.1");
});

const noOpenssl = spawnSync("openssl", ["version"]).status !== 0;
(noOpenssl ? test.skip : test).each([
  ["a name", ["core.nats.svc"], "subject=CN = core.nats.svc", "X509v3 Subject Alternative Name: \n"],
  ["no name", [long], "subject=", "X509v3 Subject Alternative Name: critical\n"],
])("OpenSSL verifies the request and finds %s as its subject", async (_, names, subject, extension) => {
  const { request } = await createRequest(names);
  const asked = ["req", "-verify", "-noout", "-subject", "-text"];
  const { status, stdout, stderr } = spawnSync("openssl", asked, { input: request, encoding: "utf8" });
  expect({ status, says: stderr }).toMatchObject({ status: 0, says: expect.stringContaining("verify OK") });
  expect(stdout.split("\n")).toContain(subject);
  expect(stdout).toContain(extension);
});
