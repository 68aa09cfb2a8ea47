import type { ClusterTopology, Topology } from "../topology";
import { exchangedAuthorities } from "./authorities";
import { capacityProblems } from "./capacity";
import type { ForbiddenChange } from "./model";

/**
 * Changes that servers refuse one after another, or after which they no longer find what they store. They are known
 * before anything is touched: half of such a change is a cluster in two parts.
 */
export function forbiddenChanges(before: Topology, after: Topology): ForbiddenChange[] {
  const kept = after.clusters.flatMap((cluster) => {
    const old = before.clusters.find(({ name }) => name === cluster.name);
    return old ? [[old, cluster] as const] : [];
  });
  return [
    ...environment(before, after),
    ...authority(before, after),
    ...kept.flatMap(([old, cluster]) => [
      ...renamed(old, cluster),
      ...domain(old, cluster),
      ...moved(old, cluster),
      ...otherNetwork(old, cluster),
      ...zonesGone(after, old, cluster),
      ...otherSigner(old, cluster),
      ...noOverlap(old, cluster),
      ...shrunk(before, old, cluster),
      ...joined(before, old, cluster),
    ]),
    ...capacityProblems(before, after),
  ];
}

const hasRoutes = ({ listeners }: ClusterTopology) => listeners.some(({ name }) => name === "routes");

/** Servers close routes to peers of another cluster name: each that is restarted is alone (nats-server#7418). */
function renamed(old: ClusterTopology, cluster: ClusterTopology): ForbiddenChange[] {
  const { name, natsName } = cluster;
  if (old.natsName === natsName || !hasRoutes(old) || !hasRoutes(cluster)) return [];
  return [
    {
      at: `clusters.${name}.natsName`,
      message: `servers of ${name} call their cluster ${old.natsName}; one that is restarted as ${natsName} is cut off by the others`,
      steps: `keep natsName: "${old.natsName}"; or make a second cluster, bring its streams there from a backup, and take ${name} out`,
    },
  ];
}

/** A stream's leader and its consumers are known by the domain: requests of before find nobody. */
function domain(old: ClusterTopology, { name, jetstream }: ClusterTopology): ForbiddenChange[] {
  if (!old.jetstream || !jetstream || old.jetstream.domain === jetstream.domain) return [];
  return [
    {
      at: `clusters.${name}.jetstream.domain`,
      message: `JetStream of ${name} has the domain ${old.jetstream.domain}; servers with ${jetstream.domain} refuse to cluster with the others`,
      steps: `keep domain: "${old.jetstream.domain}"; or make a second cluster with the other one, and bring its streams there from a backup`,
    },
  ];
}

/** What is stored belongs to an account's id: a name in the configuration, or the public key of an operator's account. */
function authority(before: Topology, after: Topology): ForbiddenChange[] {
  const from = before.identity.mode;
  const to = after.identity.mode;
  if (from === to || before.clusters.every(({ jetstream }) => !jetstream)) return [];
  return [
    {
      at: "identity.mode",
      message: `accounts of ${from} mode are other accounts in ${to} mode: servers no longer find the streams that they store`,
      steps: `keep mode: "${from}"; or make an environment in ${to} mode, and bring the streams there from a backup`,
    },
  ];
}

/** Everything is called after the environment: under another name nothing of it is found. */
function environment(before: Topology, after: Topology): ForbiddenChange[] {
  if (before.environment === after.environment) return [];
  return [
    {
      at: "name",
      message: `everything is called after ${before.environment}; as ${after.environment} all of it is made a second time`,
      steps: `keep name: "${before.environment}"; or deploy ${after.environment} beside it, and bring the streams there from a backup`,
    },
  ];
}

/** Where servers are: the disks stay behind. */
const places = ["kind", "region", "namespace", "flavor"] as const;

function moved(old: ClusterTopology, { name, platform }: ClusterTopology): ForbiddenChange[] {
  if (!old.jetstream) return [];
  const [from, to] = [old.platform as Record<string, unknown>, platform as Record<string, unknown>];
  const place = places.find((one) => from[one] !== to[one]);
  if (!place) return [];
  return [
    {
      at: `clusters.${name}.platform.${place}`,
      message: `disks of ${name} are where ${place} is ${from[place] ?? "another"}; its servers elsewhere begin with none`,
      steps: `keep it; or make a second cluster there, bring its streams from a backup, move the clients, and take ${name} out`,
    },
  ];
}

/** Network of a cluster on AWS; none where a note of before has none. */
const networkOf = ({ platform }: ClusterTopology) => ("network" in platform ? platform.network : undefined);

/** In words: a VPC that exists, of which natsform changes nothing, or the one that it makes. */
const vpcText = ({ vpcId, cidr }: { vpcId?: string; cidr: string }) => vpcId ?? `the one that is made with ${cidr}`;

/**
 * The VPC stands in the stack below the servers, which is applied first. AWS makes no VPC of another range out of one, and
 * removes no subnet in which tasks run: Terraform takes away routes and the way out, and is stuck at the subnets.
 */
function otherNetwork(old: ClusterTopology, cluster: ClusterTopology): ForbiddenChange[] {
  const [from, to] = [networkOf(old), networkOf(cluster)];
  if (!from || !to || !isSameRegion(old, cluster) || vpcText(from) === vpcText(to)) return [];
  return [
    {
      at: `clusters.${cluster.name}.platform.network`,
      message: `servers of ${cluster.name} run in a VPC, ${vpcText(from)}; with ${vpcText(to)} its routes and subnets are removed while they run`,
      steps: secondEnvironment("network"),
    },
  ];
}

/** The subnets of a zone go with the last cluster of the region that names it, and so before the servers in them. */
function zonesGone(after: Topology, old: ClusterTopology, cluster: ClusterTopology): ForbiddenChange[] {
  const isMade = [old, cluster].every((one) => networkOf(one) !== undefined && networkOf(one)?.vpcId === undefined);
  if (!isMade || !isSameRegion(old, cluster)) return [];
  const kept = after.clusters.filter((one) => isSameRegion(one, cluster)).flatMap(zonesOf);
  const gone = zonesOf(old).filter((zone) => !kept.includes(zone));
  if (gone.length === 0) return [];
  return [
    {
      at: `clusters.${cluster.name}.platform.zones`,
      message: `${gone.length === 1 ? "zone" : "zones"} ${gone.join(", ")}: the subnets there are removed while servers or programs of ${cluster.name} run in them`,
      steps: secondEnvironment("zones"),
    },
  ];
}

const zonesOf = ({ platform }: ClusterTopology): readonly string[] => ("network" in platform ? platform.zones : []);
const regionOf = ({ platform }: ClusterTopology) => ("region" in platform ? platform.region : undefined);
const isSameRegion = (a: ClusterTopology, b: ClusterTopology) => regionOf(a) === regionOf(b);

/** All clusters of a region share a network: there is no second one beside it. */
const secondEnvironment = (setting: string) =>
  `keep ${setting}; or deploy a second environment with the other, bring the streams there from a backup, move the clients, and destroy this one`;

/**
 * Who keeps the certificates valid carries an authority over to the next by itself, but not to somebody else: whoever takes
 * over knows nothing of the authorities of before, and what it signs is trusted by no server that has not loaded it yet.
 */
function otherSigner(old: ClusterTopology, { name, certificates, platform }: ClusterTopology): ForbiddenChange[] {
  if (old.platform.kind !== platform.kind) return [];
  const own = certificates.filter(({ issuer }) => issuer !== "public");
  const pairs = own.flatMap((now) => {
    const was = old.certificates.find(({ id }) => id === now.id)?.signer;
    return was === undefined || was === now.signer ? [] : [{ was, is: now.signer }];
  });
  const [first] = pairs;
  if (!first) return [];
  const { was, is } = first;
  const toPca = was === "certificate-manager" && is === "acm-pca";
  return [
    {
      at: `clusters.${name}.tls.issuer`,
      message: `certificates of ${name} are signed by ${was}; servers with those of ${is} are refused by those that do not know its authorities yet`,
      steps: toPca
        ? "leave tls.issuer as it is, and give tls.authorities alone: the certificate-manager then has ACM PCA sign, in steps"
        : `keep issuer: "${was}"; or make a second cluster with the other one, bring its streams there from a backup, move the clients, and take ${name} out`,
    },
  ];
}

/** Terraform writes what another authority signed over the old, and trusts the old no more: peers refuse each other meanwhile. */
function noOverlap(old: ClusterTopology, cluster: ClusterTopology): ForbiddenChange[] {
  const exchanged = exchangedAuthorities(old, cluster).filter(({ signer }) => signer === "vault");
  if (exchanged.length === 0 || (old.renewsByJob && cluster.renewsByJob)) return [];
  const { name } = cluster;
  return [
    {
      at: `clusters.${name}.tls.vault`,
      message: `another authority signs for ${exchanged.map(({ issuer }) => issuer).join(", ")} of ${name}; by Terraform it is trusted by nobody before it signs`,
      steps: 'first tls.vault.renewal: "job", and nothing else; then the other authority, with the job',
    },
  ];
}

/** A group of replicas that loses more than half of its servers at once answers no more. */
function shrunk(before: Topology, old: ClusterTopology, { name, servers }: ClusterTopology): ForbiddenChange[] {
  if (!old.jetstream || servers.length >= old.servers.length) return [];
  const wide = before.streams.filter((stream) => stream.cluster === name && stream.replicas > servers.length);
  if (wide.length === 0) return [];
  const streams = wide.map((stream) => `${stream.name} (R${stream.replicas})`).join(", ");
  return [
    {
      at: `clusters.${name}.size`,
      message: `${streams} of ${name} has replicas on more servers than the ${servers.length} that are left`,
      steps: `first replicas: ${servers.length} for ${wide.map((stream) => stream.name).join(", ")}, and nothing else; then the size`,
    },
  ];
}

/**
 * A server that was alone has streams of its own: as one of a cluster it serves none of them, takes them for leftovers, and removes
 * them 30 seconds later.
 */
function joined(before: Topology, old: ClusterTopology, { name, servers }: ClusterTopology): ForbiddenChange[] {
  if (!old.jetstream || old.servers.length > 1 || servers.length === 1) return [];
  const kept = before.streams.filter((stream) => stream.cluster === name).map((stream) => stream.name);
  if (kept.length === 0) return [];
  return [
    {
      at: `clusters.${name}.size`,
      message: `${kept.join(", ")} of a server that is alone: once it is one of a cluster, it serves them no more, and removes them after 30 seconds`,
      steps: `make a second cluster of ${servers.length}, bring the streams there from a backup, and take ${name} out`,
    },
  ];
}
