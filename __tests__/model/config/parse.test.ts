import fc from "fast-check";
import { type EnvironmentInput, formatPath, formatValue, parseEnvironment } from "../../../model/config";
import { defaultRelease } from "../../../model/config/server-releases";
import { shipped } from "../../support/config-mutations";
import { baseEnvironment, type Changes, changed } from "../../support/lint-environment";

/** What is said of the base environment with these changes, by place. */
function said(changes: Changes): Record<string, string> {
  const problems = parseEnvironment(changed(changes)).problems;
  return Object.fromEntries(
    problems.map(({ path, message, fix, got }) => [
      formatPath(path),
      `${message}; got ${formatValue(got)}${fix ? `; fix: ${fix}` : ""}`,
    ]),
  );
}

test.each(shipped.map((input) => [input.name, input] as const))("%s, as shipped, is right", (name, input) => {
  expect(parseEnvironment(input, name).problems).toEqual([]);
});

test("defaults are filled in and units are numbers; the input stays as it was", () => {
  const freeze = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  };
  const input = structuredClone(baseEnvironment);
  freeze(input);
  const { environment } = parseEnvironment(input);
  expect(environment?.nats).toMatchObject({ version: defaultRelease, maxPayload: 2 ** 20, writeDeadline: 10_000 });
  expect(environment?.streams[0]).toMatchObject({ replicas: 3, maxAge: 604_800_000, duplicateWindow: 120_000 });
  expect(environment?.clusters.core).toMatchObject({ size: 3, tls: { ttl: 2_592_000_000 } });
  expect(input).toEqual(baseEnvironment);
});

const tagHint = "must be letters, digits, spaces and _ . : / = + - @";

describe("unknown keys name the nearest known one", () => {
  test.each([
    [{ "nats.maxPaylod": "8MiB" }, 'nats.maxPaylod: unknown key; got "8MiB"; fix: did you mean "maxPayload"?'],
    [{ cluster: {} }, 'cluster: unknown key; got {}; fix: did you mean "clusters"?'],
    [
      { "clusters.edge.platform.flavour": "gke" },
      'clusters.edge.platform.flavour: unknown key; got "gke"; fix: did you mean "flavor"?',
    ],
    [
      { "clusters.mesh.platform.hosts[1].ip": "x" },
      'clusters.mesh.platform.hosts[1].ip: unknown key; got "x"; fix: known keys here: name, address, meshAddress, tags',
    ],
    [
      { "streams[0].consumers[0].ack_policy": "none" },
      'streams[0].consumers[0].ack_policy: unknown key; got "none"; fix: did you mean "ackPolicy"?',
    ],
    [
      { "identity.permissions[1].when[0].include": "x" },
      'identity.permissions[1].when[0].include: unknown key; got "x"; fix: did you mean "includes"?',
    ],
    [
      { "identity.services.api.publish.allowed": [] },
      'identity.services.api.publish.allowed: unknown key; got []; fix: did you mean "allow"?',
    ],
  ])("%j", (changes, expected) => {
    expect(Object.entries(said(changes)).map((entry) => entry.join(": "))).toEqual([expected]);
  });
});

describe("a wrong value is named with its place and what would be right", () => {
  test.each([
    ["nats.maxPayload", 8_388_608, "must be a size such as 512KiB, 8MiB or 100GiB; got 8388608"],
    ["nats.maxPayload", "8MB", 'must be a size such as 512KiB, 8MiB or 100GiB; got "8MB"'],
    ["nats.maxPayload", "999999999999TiB", 'is more than can be counted exactly; got "999999999999TiB"'],
    ["nats.writeDeadline", null, "must be a duration such as 500ms, 30s, 5m, 12h or 7d; got null"],
    ["nats.maxConnections", 1.5, "must be a whole number; got 1.5"],
    ["nats.maxConnections", 1e300, "must be at most 10000000; got 1e+300"],
    ["nats.maxConnections", 0, "must be at least 1; got 0"],
    ["nats.maxConnections", Number.NaN, "must be a number; got NaN"],
    ["nats.version", "2.14", `must be a nats-server version such as ${defaultRelease}; got "2.14"`],
    ["deletionProtection", "yes", 'must be true or false; got "yes"'],
    ["streams", {}, "must be a list; got {}"],
    ["streams[0].subjects", [], "must hold at least 1 entry; got []"],
    [
      "streams[0].subjects[0]",
      "a b",
      'must be a subject: tokens joined by dots, * for one token, > last for the rest, no spaces; got "a b"',
    ],
    [
      "streams[0].subjects[0]",
      "a.\u0000",
      'must be a subject: tokens joined by dots, * for one token, > last for the rest, no spaces; got "a.\\u0000"',
    ],
    ["streams[0].storage", "disk", 'must be one of file, memory; got "disk"'],
    [
      "streams[0].retention",
      "limit",
      'must be one of limits, interest, workqueue; got "limit"; fix: did you mean "limits"?',
    ],
    ["streams[0].maxAge", "0s", 'must be longer than nothing; leave it out for the default; got "0s"'],
    ["streams[0].duplicateWindow", "0ms", 'must be longer than nothing; leave it out for the default; got "0ms"'],
    ["streams[0].name", Symbol("s"), "must be UPPER_SNAKE, at most 32 characters; got Symbol(s)"],
    ["streams[0].maxMessages", 0, "must be more than 0; got 0"],
    [
      "streams[0].description",
      "x".repeat(4097),
      `must have at most 4096 characters; got ${formatValue("x".repeat(99))}`,
    ],
    [
      "clusters.edge.platform.networkPolicies",
      { dns: ["10.0.0.0/24", "kube-dns"] },
      'must be an IP address, or a network such as 10.0.0.0/24; got "kube-dns"',
    ],
    [
      "clusters.edge.platform.networkPolicies",
      { dnsService: "kube-dns" },
      'must be namespace/name of a Service, or false; got "kube-dns"',
    ],
    ["tags", [], "must be an object; got []"],
    ["tags.team", 5, `${tagHint}, at most 256; got 5`],
    ["tags.team", () => "x", `${tagHint}, at most 256; got a function`],
    ["tags.team", "payments, orders", `${tagHint}, at most 256; got "payments, orders"`],
    ["tags.team", "x".repeat(257), `${tagHint}, at most 256; got ${formatValue("x".repeat(99))}`],
    ["tags", { "cost&center": "1" }, `${tagHint}, at most 128, and not begin with aws:; got "cost&center"`],
    ["tags", { "AWS:team": "1" }, `${tagHint}, at most 128, and not begin with aws:; got "AWS:team"`],
    ["identity.oidc.audience", "", 'must not be empty; got ""'],
    ["identity.oidc.audience", undefined, "is required: text; got nothing"],
    ["identity.oidc", undefined, "is required: an object; got nothing"],
    ["identity.permissions[0].account", undefined, "is required: UPPER_SNAKE, at most 32 characters; got nothing"],
    ["clusters.core.platform", null, "must be an object; got null"],
    ["clusters.core.platform.region", undefined, "is required: an AWS region such as eu-west-1; got nothing"],
    ["clusters.core.size", 16, "must be at most 15; got 16"],
    ["clusters.mesh.platform.hosts[1].address", "192.0.2", 'must be an IP address; got "192.0.2"'],
    ["identity.permissions[1].when[0]", { claim: "a", equals: {} }, "must be text, a number or a boolean; got {}"],
    [
      "acknowledge",
      [{ rule: "x", reason: "because of a test", expires: "2027-02-30" }],
      'must be a day such as 2027-01-31; got "2027-02-30"',
    ],
  ])("%s = %j", (place, value, expected) => {
    const found = said({ [place]: value });
    expect(Object.values(found)).toEqual([expected]);
    expect(Object.keys(found)[0]?.startsWith(place)).toBe(true);
  });
});

test("a kind that is nearly right is judged as the one it resembles; one that resembles nothing is named alone", () => {
  expect(
    said({ "clusters.core.platform": { kind: "aws_ec2", region: "eu-west-1", zones: "a", domain: "x.example.com" } }),
  ).toEqual({
    "clusters.core.platform.kind":
      'must be one of aws-ecs, aws-ec2, kubernetes, hosts; got "aws_ec2"; fix: did you mean "aws-ec2"?',
    "clusters.core.platform.zones": 'must be a list; got "a"',
  });
  expect(said({ "clusters.edge.platform": { kind: "nomad" } })).toEqual({
    "clusters.edge.platform.kind": 'must be one of aws-ecs, aws-ec2, kubernetes, hosts; got "nomad"',
  });
  expect(said({ "identity.mode": undefined })).toEqual({
    "identity.mode": "is required: one of callout, operator; got nothing",
  });
});

test("what stands under a wrong name is judged, too", () => {
  const found = said({ "clusters.Core": { platform: { kind: "kubernetes" }, size: "3" } });
  expect(Object.keys(found)).toEqual(["clusters.Core", "clusters.Core.platform.flavor", "clusters.Core.size"]);
});

test("names that objects have by themselves are names like others", () => {
  const platform = { kind: "kubernetes", flavor: "gke" };
  expect(said({ "clusters.constructor": { platform } })).toEqual({});
  const poisoned = JSON.parse('{"__proto__": {"x": 1}, "core": {}}');
  expect(said({ tags: JSON.parse('{"__proto__": "x"}') })).toEqual({
    "tags.__proto__": 'is not a valid name; got "__proto__"',
  });
  expect(Object.keys(said({ clusters: { ...changed({}).clusters, ...poisoned }, "clusters.toString": 1 }))).toContain(
    "clusters.toString",
  );
  expect(said({ "nats.constructor": 1 })["nats.constructor"]).toMatch(/^unknown key/);
});

/** Errors that have nothing to do with each other, each at the place where it is reported. */
const errors: Record<string, unknown> = {
  "nats.maxPayload": "8MB",
  "nats.maxConnections": 0,
  "nats.version": "2.14.3",
  "nats.maxPaylod": 1,
  "identity.oidc.issuer": "http://plain.example.com",
  "identity.permissions[0].account": "APPP",
  "identity.permissions[1].when[0]": { claim: "roles" },
  "identity.timeoutSeconds": 99,
  "identity.services.api.publish.allow[0]": "a b",
  "accounts.SYS": {},
  "clusters.core.platform.region": 5,
  "clusters.core.jetstream.memory": null,
  "clusters.core.websocket.allowedOrigins[0]": "x",
  "clusters.core.size": "3",
  "clusters.core.tls": { issuer: "vault", mount: "x", role: undefined },
  "clusters.edge.platform.flavour": "gke",
  "clusters.edge.leafOf.cluster": "nope",
  "clusters.mesh.platform.hosts[1].address": "1.2.3",
  "clusters.mesh.platform.hosts[2].name": "dk",
  "clusters.mesh.size": 4,
  "streams[0].name": "orders",
  "streams[0].replicas": 9,
  "streams[0].maxAge": "7 days",
  "streams[0].consumers[0].ackPolicy": "explicitly",
  acknowledge: {},
  backend: { kind: "s3", bucket: "natsform-state" },
  "tags.team": 5,
  deletionProtection: "no",
  unknwon: 1,
};
const reportedAt: Record<string, string> = {
  backend: "backend.region",
  "clusters.core.tls": "clusters.core.tls.role",
};

test("every error is reported at once, each at its place, in the order of the places", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(Object.keys(errors), { minLength: 1 }), (places) => {
      const found = Object.keys(said(Object.fromEntries(places.map((place) => [place, errors[place]]))));
      expect([...found].sort()).toEqual(places.map((place) => reportedAt[place] ?? place).sort());
    }),
    { numRuns: 400 },
  );
});

test("problems stand in the order of their places, the entries of a list in theirs", () => {
  const streams = Array.from({ length: 12 }, (_, i) => ({ ...baseEnvironment.streams?.[0], name: `bad-${i}` }));
  const input = { ...baseEnvironment, streams, deletionProtection: 0 } as unknown as EnvironmentInput;
  const places = parseEnvironment(input).problems.map(({ path }) => formatPath(path));
  expect(places).toEqual(["deletionProtection", ...streams.map((_, i) => `streams[${i}].name`)]);
});

test("the name of the file is the name of the environment", () => {
  expect(parseEnvironment(baseEnvironment, "lint").problems).toEqual([]);
  expect(parseEnvironment(baseEnvironment, "other").problems).toEqual([
    expect.objectContaining({ path: ["name"], got: "lint", fix: expect.stringContaining("rename the file") }),
  ]);
});
