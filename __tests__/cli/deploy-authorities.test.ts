import { judgeAuthorities } from "../../cli/deploy/check-authorities";
import { mergeAuthority, sameKeys, unreadAuthority } from "../../cli/deploy/exchange-authorities";
import { mayUseStaleAuthorities } from "../../cli/deploy/kubernetes/join-leaf-nodes";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { announcedClusters, buildTopology, clusterOf } from "../../model/topology";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { splitPem } from "../../runtime/x509/pem";
import { joinedEnvironment, joinedLeaf } from "../support/joined-environment";

const day = 86_400_000;
const now = new Date();
const at = (days: number) => new Date(now.getTime() + days * day);
const pemOf = async (name: string, days: number) => (await createAuthority(name, days * day, now)).cert;

const joined = (change: (input: EnvironmentInput) => void = () => undefined) => {
  const input = joinedEnvironment({
    hub: { platform: { kind: "kubernetes", flavor: "gke" }, leafHub: true, leafAddress: "leaf.example.com" },
    edge: joinedLeaf("edge", "eu-west-1"),
    alone: { platform: { kind: "aws-ecs", region: "eu-west-1", domain: "alone.example.com" } },
  });
  change(input);
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(JSON.stringify(problems));
  return buildTopology(environment);
};
const announced = (change?: (input: EnvironmentInput) => void) =>
  announcedClusters(joined(change)).map(({ name }) => name);

describe("whose authority is looked for", () => {
  test("both ends of a link, and nobody that meets nobody", () => {
    expect(announced()).toEqual(["hub", "edge"]);
  });

  test("not of clusters that get their certificates from one folder", () => {
    const local = (input: EnvironmentInput) => {
      for (const cluster of Object.values(input.clusters)) cluster.tls = { issuer: "local" };
    };
    expect(announced(local)).toEqual([]);
  });

  test("of a hub that leaf nodes from elsewhere have to know", () => {
    const foreign = ({ clusters }: EnvironmentInput) => {
      delete clusters.edge;
      Object.assign(clusters.hub ?? {}, { foreignLeafs: { branch: {} } });
    };
    expect(announced(foreign)).toEqual(["hub"]);
  });
});

describe("what the trust file holds of an authority that was looked at", () => {
  test("what it shows; and nothing is written when that stands there already, however it is set", async () => {
    const shown = await pemOf("hub", 365);
    expect(mergeAuthority(undefined, shown, now)).toBe(shown);
    const before = `\n${shown}\n`;
    expect(mergeAuthority(before, shown, now)).toBe(before);
  });

  test("the one of before as well until it ends, so that certificates of either are accepted", async () => {
    const [before, shown] = [await pemOf("before", 10), await pemOf("after", 365)];
    const both = mergeAuthority(before, shown, now);
    expect(splitPem(both)).toEqual([shown, before]);
    expect(mergeAuthority(both, shown, at(5))).toBe(both);
    expect(mergeAuthority(both, shown, at(11))).toBe(shown);
  });

  test("nothing that is no authority, or has ended", async () => {
    const authority = await createAuthority("hub", 10 * day, now);
    const leaf = await issueCertificate(authority, { names: { dns: ["a"] }, usages: ["server"], ttlMs: day, now });
    expect(() => mergeAuthority(undefined, leaf.cert, now)).toThrow("is not an authority");
    expect(() => mergeAuthority(undefined, authority.cert, at(11))).toThrow("ended on");
    expect(() => mergeAuthority(undefined, "", now)).toThrow("there is no certificate in it");
  });
});

test("one that cannot be read is named with who waits for it and how it becomes known, or that the known one stays", () => {
  const topology = joined();
  const edge = clusterOf(topology, "edge");
  expect(unreadAuthority(topology, edge, undefined, "no access\n  fix: get some")).toBe(
    "cannot read the authority of edge: no access; links with hub need natsform keys authority joined edge, and then another deploy",
  );
  expect(unreadAuthority(topology, edge, "PEM", "no access")).toBe(
    "cannot read the authority of edge: no access; the one in the trust file is kept",
  );
});

test("authorities alone may differ in the trust file that a deployment goes on with", async () => {
  const { trust } = await makeKeys(joined(), new MemoryStore());
  expect(sameKeys({ ...trust, authorities: { hub: await pemOf("hub", 1) } }, trust)).toBe(true);
  expect(sameKeys({ ...trust, previous: { issuer: trust.issuer } }, trust)).toBe(false);
  expect(sameKeys({ ...trust, users: { ...trust.users, responder: trust.users.sys ?? "" } }, trust)).toBe(false);
});

describe("the end of an authority in the trust file", () => {
  const rows = async (authorities: Record<string, string>, days: number) =>
    (await judgeAuthorities(joined(), { authorities }, at(days))).map(({ ok, warns = false, seen }) => [
      ok,
      warns,
      seen.replace(/\d{4}-\d\d-\d\d/, "DATE"),
    ]);

  test("is warned of sixty days before, and a link that relies on it no longer holds afterwards", async () => {
    const authorities = { hub: await pemOf("hub", 100) };
    expect(await rows(authorities, 39)).toEqual([[true, false, "60 days left, until DATE"]]);
    expect(await rows(authorities, 41)).toEqual([[true, true, "58 days left, until DATE"]]);
    expect(await rows(authorities, 101)).toEqual([[false, false, "ended on DATE"]]);
  });

  test("is no matter when another one of the same cluster is known that lasts, or nobody meets the cluster", async () => {
    const both = `${await pemOf("before", 100)}${await pemOf("after", 400)}`;
    expect(await rows({ hub: both }, 90)).toEqual([[true, false, "309 days left, until DATE"]]);
    expect(await rows({ alone: await pemOf("alone", 10) }, 0)).toEqual([]);
  });

  test("cannot be told of what is no certificate, and nothing is written in its place", async () => {
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(await rows({ hub: broken }, 0)).toMatchObject([[false, false, expect.stringMatching(/asn1|PEM/)]]);
    const shown = await pemOf("hub", 10);
    expect(() => mergeAuthority(broken, shown, now)).toThrow(
      "the trust file holds something else than certificates of it",
    );
  });
});

test("a server reads its authorities again until its pod has surely seen them", () => {
  const changed = new Date("2026-01-01T12:00:00Z");
  const varz = { server_name: "hub-0", version: defaultRelease, connections: 0 };
  const loaded = (time: string) => new Map([["hub-0", { ...varz, config_load_time: time }]]);
  expect(mayUseStaleAuthorities(changed, { varz: loaded("2026-01-01T11:00:00Z") })).toBe(true);
  expect(mayUseStaleAuthorities(changed, { varz: loaded("2026-01-01T12:01:00.123456789Z") })).toBe(true);
  expect(mayUseStaleAuthorities(changed, { varz: loaded("2026-01-01T12:10:00.123456789Z") })).toBe(false);
  expect(mayUseStaleAuthorities(changed, { varz: new Map() })).toBe(false);
});
