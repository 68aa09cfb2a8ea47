import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EnvironmentInput, formatPath, parseEnvironment, type Trust } from "../../../model/config";
import {
  buildTopology,
  clusterOf,
  deployedSecrets,
  isOnKubernetes,
  leafAuthorityProblems,
  peerAuthorities,
  type Topology,
} from "../../../model/topology";
import { agentEnvironment } from "../../../modules/aws/agent-environment";
import { kubernetesContext } from "../../../modules/kubernetes/context";
import { issueVariables } from "../../../modules/kubernetes/renewal-environment";
import { readPair } from "../../../runtime/certificate-agent/certificate";
import { CertificateAgentEnv } from "../../../runtime/certificate-agent/env";
import { ServerFiles } from "../../../runtime/certificate-agent/server-files";
import { authorityFiles } from "../../../runtime/certificate-renewal/decide";
import { CertificateRenewalEnv } from "../../../runtime/certificate-renewal/env";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../../runtime/x509/authority";
import { splitPem } from "../../../runtime/x509/pem";
import { platformSite, serverConf } from "../../../templates/nats-conf";
import { joinedEnvironment, joinedLeaf } from "../../support/joined-environment";

const day = 86_400_000;
const input = () =>
  joinedEnvironment({
    hub: {
      platform: { kind: "kubernetes", flavor: "gke" },
      leafHub: true,
      leafAddress: "leaf.example.com",
      foreignLeafs: { branch: {} },
    },
    edge: joinedLeaf("edge", "eu-west-1"),
    far: joinedLeaf("far", "us-east-1"),
  });
const environmentOf = (value: EnvironmentInput) => {
  const { environment, problems } = parseEnvironment(value);
  if (!environment) throw new Error(JSON.stringify(problems));
  return environment;
};

const authorities: Record<string, KeyPairPem> = {};
const folder = mkdtempSync(join(tmpdir(), "natsform-authorities-"));
let topology: Topology;
let trust: Trust;
beforeAll(async () => {
  topology = buildTopology(environmentOf(input()));
  for (const name of ["hub", "edge", "far", "branch"])
    authorities[name] = await createAuthority(name, 10 * day, new Date());
  const users = topology.identity.users.map(({ name }) => [name, "U"]);
  const pem = Object.entries(authorities).map(([name, { cert }]) => [name, cert]);
  trust = {
    environment: "joined",
    example: false,
    issuer: "A",
    xkey: "X",
    users: Object.fromEntries(users),
    accounts: {},
    authorities: Object.fromEntries(pem),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pemOf = (name: string) => authorities[name]?.cert ?? "";
const namesIn = (text: string) =>
  Object.keys(authorities)
    .filter((name) => text.replace(/\s/g, "").includes(pemOf(name).replace(/\s/g, "")))
    .sort();

test("a hub trusts its leaves, a leaf its hub, and no leaf another one", () => {
  const trusted = (name: string) => namesIn(peerAuthorities(topology, clusterOf(topology, name), trust.authorities));
  expect([trusted("hub"), trusted("edge"), trusted("far")]).toEqual([["branch", "edge", "far"], ["hub"], ["hub"]]);
  expect(peerAuthorities(topology, clusterOf(topology, "hub"))).toBe("");
});

test("what is not known yet is named once, with who waits for it", () => {
  const problems = leafAuthorityProblems(topology, { authorities: { edge: pemOf("edge") } });
  expect(problems.map(({ path, message }) => `${formatPath(path)} ${message}`)).toEqual([
    "authorities.far is not known, so its leaf connections are refused by hub",
    "authorities.hub is not known, so its leaf connections are refused by edge, far",
  ]);
  expect(problems[1]?.fix).toContain("natsform keys authority joined hub");
  expect(leafAuthorityProblems(topology, trust)).toEqual([]);
  const local = input();
  for (const cluster of Object.values(local.clusters)) cluster.tls = { issuer: "local" };
  expect(leafAuthorityProblems(buildTopology(environmentOf(local)), {})).toEqual([]);
});

test("a leaf cluster on ECS dials the hub's address, and its agent trusts the hub's authority beside its own", async () => {
  const cluster = clusterOf(topology, "edge");
  const [server] = cluster.servers;
  if (!server) throw new Error("no server");
  const conf = { topology, cluster, server, trust, site: platformSite(topology, cluster) };
  expect(JSON.stringify(serverConf(conf).leafnodes)).toContain("tls://leaf.example.com:7422");
  const env = CertificateAgentEnv.parse(agentEnvironment(conf, "bucket", "digest"));
  expect(namesIn(env.AUTHORITIES.leafnodes ?? "")).toEqual(["hub"]);

  const desired = { ...env, certificates: env.CERTIFICATES, credentials: [] };
  const certificate = await issueCertificate(authorities.edge as KeyPairPem, {
    names: { dns: [server.host] },
    usages: ["client"],
    ttlMs: day,
    now: new Date(),
  });
  const file = join(folder, "ca", "leafnodes.crt");
  const files = new ServerFiles(folder, { ...desired, authorities: env.AUTHORITIES });
  files.writeCertificate("leaf-remote", readPair(certificate.cert, certificate.key, pemOf("edge")));
  expect(namesIn(readFileSync(file, "utf8"))).toEqual(["edge", "hub"]);
  // An agent that is told of no other authority any more.
  new ServerFiles(folder, { ...desired, authorities: {} });
  expect(namesIn(readFileSync(file, "utf8"))).toEqual(["edge"]);
});

test("the renewal job of a hub trusts its leaves' authorities as long as it is told to, and its own until they end", async () => {
  const environment = environmentOf(input());
  const cluster = clusterOf(topology, "hub");
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const settings = { root: folder, environments: [] };
  const context = kubernetesContext({ environment, topology, trust, settings }, cluster);
  const { PEER_AUTHORITIES } = CertificateRenewalEnv.parse(issueVariables(context));
  const peers = PEER_AUTHORITIES.leafnodes ?? "";
  expect(namesIn(peers)).toEqual(["branch", "edge", "far"]);

  const now = new Date();
  const before = await createAuthority("before", day, now);
  const first = authorityFiles({ "leafnodes.crt": before.cert }, "leafnodes", [pemOf("hub")], peers, now);
  expect(namesIn(first["leafnodes.crt"] ?? "")).toEqual(["branch", "edge", "far", "hub"]);
  expect(splitPem(first["own-leafnodes.crt"] ?? "")).toHaveLength(2);
  const dropped = authorityFiles(first, "leafnodes", [pemOf("hub")], "", now);
  expect(namesIn(dropped["leafnodes.crt"] ?? "")).toEqual(["hub"]);
  expect(splitPem(dropped["leafnodes.crt"] ?? "")).toHaveLength(2);
  const ended = authorityFiles(dropped, "leafnodes", [pemOf("hub")], "", new Date(now.getTime() + 2 * day));
  expect(splitPem(ended["leafnodes.crt"] ?? "")).toHaveLength(1);
  expect(authorityFiles({}, "routes", [pemOf("hub")], "", now)).toEqual({ "routes.crt": pemOf("hub") });
});

test("what a foreign leaf logs in with is pushed to no deployment; its hub's certificate carries the address", () => {
  const links = (cluster: string) =>
    deployedSecrets(topology, {}, [clusterOf(topology, cluster)])
      .map(({ name }) => name)
      .filter((name) => name.includes("leaf"));
  expect([links("hub"), links("edge"), links("far")]).toEqual([[], ["user-leaf-edge-APP"], ["user-leaf-far-APP"]]);
  const { certificates } = clusterOf(topology, "hub");
  expect(certificates.find(({ id }) => id === "leafnodes")?.names).toContain("leaf.example.com");
});

test("a foreign leaf needs a hub, accounts that there are, and a name of its own", () => {
  const value = input();
  Object.assign(value.clusters.hub ?? {}, { foreignLeafs: { edge: {}, branch: { accounts: ["NONE"] } } });
  Object.assign(value.clusters.far ?? {}, { foreignLeafs: { branch: {} }, leafAddress: "x.example.com" });
  expect(parseEnvironment(value).problems.map(({ path }) => formatPath(path))).toEqual([
    "clusters.far.foreignLeafs",
    "clusters.far.foreignLeafs.branch",
    "clusters.far.leafAddress",
    "clusters.hub.foreignLeafs.branch.accounts[0]",
    "clusters.hub.foreignLeafs.edge",
  ]);
});
