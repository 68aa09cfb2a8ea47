import { deployedIn } from "../../../cli/keys/push";
import { buildTopology, clusterOf, deployedSecrets, encryptsBackups, personalSecrets } from "../../../model/topology";
import { changed, parsed } from "../../support/lint-environment";

const secrets = (changes: Record<string, unknown> = {}) => {
  const all = buildTopology(parsed(changed(changes)));
  return Object.fromEntries(deployedSecrets(all, {}, all.clusters).map(({ name, keys }) => [name, keys]));
};

test("keys of a rotation that is not finished are deployed behind the current ones", () => {
  expect(secrets()).toMatchObject({
    "callout-issuer": ["issuer", "issuer-previous"],
    "callout-xkey": ["xkey", "xkey-previous"],
    "user-responder": ["user-responder", "user-responder-previous"],
  });
  expect(secrets({ "identity.mode": "operator" })["callout-issuer"]).toEqual([
    // What servers of before the rotation know signs answers; an account's own key is nowhere.
    ...["signing-AUTH-previous", "signing-AUTH"],
    ...["APP", "OTHER"].flatMap((name) => [`signing-${name}`, `signing-${name}-previous`]),
  ]);
});

test("credentials of leaf nodes that natsform does not deploy are deployed nowhere", () => {
  const foreign = { "clusters.core.foreignLeafs.partner": { accounts: ["APP"] } };
  expect(Object.keys(secrets(foreign))).not.toContain("user-leaf-partner-APP");
  expect(Object.keys(secrets(foreign))).toContain("user-leaf-edge-APP");
});

test("the key of backups is deployed where they are encrypted, and only there", () => {
  const plain = { "clusters.core.backup.encrypt": false, "clusters.mesh.backup.encrypt": false };
  expect(encryptsBackups(buildTopology(parsed(changed(plain))))).toBe(false);
  expect(Object.keys(secrets(plain))).not.toContain("backup-key");
  expect(Object.keys(secrets())).toContain("backup-key");
});

test("keys that sign for an operator stay where they were made", () => {
  expect(Object.values(secrets({ "identity.mode": "operator" })).flat()).not.toContain("operator");
});

const topology = buildTopology(
  parsed(
    changed({
      "clusters.edge.jetstream": { memory: "1GiB", file: "10GiB" },
      "streams[1]": { name: "LOCAL", cluster: "edge", subjects: ["local.>"], replicas: 1 },
      "accounts.OTHER": { jetstream: { enabled: false } },
    }),
  ),
);
const secretsIn = (...clusters: string[]) =>
  deployedSecrets(
    topology,
    {},
    clusters.map((name) => clusterOf(topology, name)),
  ).map(({ name }) => name);
const responders = ["callout-issuer", "callout-xkey", "user-responder"];

test("a cluster has what its programs and its link read, and nothing of another's", () => {
  expect(secretsIn("core").sort()).toEqual([...responders, "backup-key", "user-streams-APP", "user-backup-APP"].sort());
  expect(secretsIn("edge").sort()).toEqual(
    [...responders, "user-leaf-edge-APP", "user-renewal", "user-streams-APP"].sort(),
  );
});

test("the system user and services are read by no program, and several clusters have each secret once", () => {
  const all = secretsIn(...topology.clusters.map(({ name }) => name));
  expect(all.filter((name) => name.includes("sys") || name.includes("service"))).toEqual([]);
  expect(new Set(all).size).toBe(all.length);
  expect(personalSecrets(topology, {}, topology.clusters).map(({ name }) => name)).toEqual([
    "user-sys",
    "user-service-api",
  ]);
});

test("a store that is the Secret of a cluster holds what is read there; any other holds all, people's too", () => {
  expect(deployedIn(topology, "kubernetes:nats/edge-keys?production")).toEqual({
    clusters: [clusterOf(topology, "edge")],
    personal: false,
  });
  for (const url of ["kubernetes:nats/somebodys", "aws:eu-west-1/lint/keys", "file:x"])
    expect(deployedIn(topology, url)).toEqual({ clusters: topology.clusters, personal: true });
});
