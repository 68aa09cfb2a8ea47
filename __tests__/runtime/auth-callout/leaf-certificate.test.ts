import { X509Certificate } from "node:crypto";
import { certificateEnd } from "../../../runtime/auth-callout/leaf-certificate";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";

const now = new Date("2030-01-01T00:00:00Z");
const hour = 3_600_000;
const issued = async (authority: KeyPairPem, ...dns: string[]) => {
  const { cert } = await issueCertificate(authority, { names: { dns }, usages: ["client"], ttlMs: hour, now });
  return [cert, authority.cert];
};
const fingerprint = ({ cert }: KeyPairPem) => new X509Certificate(cert).fingerprint256;

let [hub, partner, other]: KeyPairPem[] = [];
beforeAll(async () => {
  [hub, partner, other] = await Promise.all(
    ["hub", "partner", "other"].map((name) => createAuthority(name, 24 * hour, now)),
  );
});
/** The partner has certificates of its own authority, or of the hub's by its name. */
const judged = (...chains: string[][]) =>
  certificateEnd(chains, {
    name: "partner",
    authorities: [fingerprint(partner as KeyPairPem)],
    others: [fingerprint(other as KeyPairPem)],
  });
const end = (now.getTime() + hour) / 1000;

test("a certificate of the hub's authority is a leaf's by its name, and ends with it", async () => {
  expect(judged(await issued(hub as KeyPairPem, "partner"))).toBe(end);
  expect(judged(await issued(hub as KeyPairPem, "x", "partner"))).toBe(end);
});

test("its own authority signs for it alone, whatever the name", async () => {
  expect(judged(await issued(partner as KeyPairPem, "anything"))).toBe(end);
});

test("another leaf's certificate is not its own, by name or by an authority that signs what it likes", async () => {
  expect(judged(await issued(hub as KeyPairPem, "other"))).toBeUndefined();
  expect(judged(await issued(hub as KeyPairPem, "partner.example.com", "*.partner", "not-partner"))).toBeUndefined();
  expect(judged(await issued(other as KeyPairPem, "partner"))).toBeUndefined();
});

test("no certificate, one that leads nowhere, and what is none are nobody's", async () => {
  const [own = ""] = await issued(hub as KeyPairPem, "partner");
  for (const chains of [[], [[]], [[own]], [["-----BEGIN CERTIFICATE-----", "x"]], [[own, "x"]]])
    expect(judged(...chains)).toBeUndefined();
});

test("one of several chains is enough", async () => {
  expect(judged(await issued(other as KeyPairPem, "partner"), await issued(hub as KeyPairPem, "partner"))).toBe(end);
});

test("a name that holds others is one name", async () => {
  const names = ["a, DNS:partner", 'a", DNS:partner, "b'];
  for (const name of names) {
    const chain = await issued(hub as KeyPairPem, name).catch(() => undefined);
    if (chain) expect(judged(chain)).toBeUndefined();
  }
});
