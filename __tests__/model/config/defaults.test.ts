import { parseEnvironment, Trust } from "../../../model/config";
import { changed, parsed } from "../../support/lint-environment";

/** What is right unless somebody says otherwise: a default that is less safe is a change for everybody. */

const { identity, clusters, streams } = parsed(changed({}));
const refusals = (changes: Record<string, unknown>) =>
  parseEnvironment(changed(changes)).problems.map(({ path }) => path.join("."));

test("data is kept in three copies, on disk, and acknowledged when it is written", () => {
  expect(streams[0]).toMatchObject({ replicas: 3, storage: "file", persistMode: "default", retention: "limits" });
  expect(streams[0]?.consumers[0]).toMatchObject({ ackPolicy: "explicit", maxDeliver: -1 });
  expect(clusters.core?.jetstream).toMatchObject({ durability: "standard" });
  expect(clusters.core?.backup).toMatchObject({ retention: 30 * 86_400_000, drill: "0 5 * * 0", encrypt: true });
});

test("a login is answered by two responders, lasts an hour, and answers nobody", () => {
  expect(identity).toMatchObject({ responders: 2, maxLifetime: 3_600_000 });
  expect(identity.oidc).toMatchObject({ algorithms: ["RS256"], clockSkewSeconds: 30 });
  expect(identity.permissions.map(({ allowResponses }) => allowResponses)).toEqual([false, false]);
  expect(identity.services.api?.allowResponses).toBe(false);
});

test("internal certificates live for a month, and pods reach what they need", () => {
  expect(clusters.core?.tls.ttl).toBe(30 * 86_400_000);
  expect(clusters.edge?.platform).toMatchObject({ networkPolicies: { egress: true } });
});

test("issuers are asked over TLS alone, and no token is signed with a shared secret", () => {
  const oidc = "identity.oidc";
  expect(refusals({ [`${oidc}.issuer`]: "http://id.example.com/" })).toEqual([`${oidc}.issuer`]);
  expect(refusals({ [`${oidc}.jwksUri`]: "http://id.example.com/keys" })).toEqual([`${oidc}.jwksUri`]);
  expect(refusals({ "clusters.core.tls.acme": { directory: "http://acme.example.com/" } })).toEqual([
    "clusters.core.tls.acme.directory",
  ]);
  for (const algorithm of ["HS256", "none"])
    expect(refusals({ [`${oidc}.algorithms`]: [algorithm] })).toEqual([expect.stringContaining(`${oidc}.algorithms`)]);
  expect(refusals({ [`${oidc}.clockSkewSeconds`]: 121 })).toEqual([`${oidc}.clockSkewSeconds`]);
});

test("a trust file holds public halves alone", () => {
  const key = (prefix: string) => prefix.padEnd(56, "A");
  const trust = { environment: "lint", issuer: key("A"), xkey: key("X"), users: { sys: key("U") } };
  const certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  expect(Trust.safeParse({ ...trust, authorities: { core: certificate } }).success).toBe(true);
  for (const wrong of [
    { issuer: "SA".padEnd(58, "A") },
    { xkey: `S${key("X")}` },
    { users: { sys: `${key("U")}A` } },
    { authorities: { core: `${certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n` } },
  ])
    expect([wrong, Trust.safeParse({ ...trust, ...wrong }).success]).toEqual([wrong, false]);
});
