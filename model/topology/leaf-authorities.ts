import type { Problem, Trust } from "../config";
import type { Certificate, ClusterTopology, Topology } from "./model";

/** Certificates (PEM) of authorities, by the cluster or foreign leaf for whose leaf nodes they sign. */
export type LeafAuthorities = Readonly<Record<string, string>>;

const signerOf = ({ certificates }: ClusterTopology): Certificate["signer"] | undefined =>
  certificates.find(({ issuer }) => issuer === "leafnodes")?.signer;

/** Whether both get their certificates from one and the same authority: a folder, or one of ACM PCA by its ARN. */
const shareAuthority = (a: ClusterTopology, b: ClusterTopology): boolean => {
  const signer = signerOf(a);
  return signer === signerOf(b) && (signer === "local" || signer === "acm-pca");
};

/** The clusters that a cluster meets over leaf nodes: its hub, and those whose hub it is. */
export function leafPeers({ clusters }: Topology, cluster: ClusterTopology): ClusterTopology[] {
  const meets = (leaf: ClusterTopology, hub: ClusterTopology) => leaf.leafLinks.some((link) => link.hub === hub.name);
  return clusters.filter((other) => meets(other, cluster) || meets(cluster, other));
}

/** Clusters whose authority somebody else has to know: who meets them over leaf nodes, and has another one. */
export const announcedClusters = (topology: Topology): ClusterTopology[] =>
  topology.clusters.filter(
    (cluster) =>
      cluster.foreignLeafs.length > 0 || leafPeers(topology, cluster).some((peer) => !shareAuthority(peer, cluster)),
  );

/** What is known of a cluster's authority; one may be called `constructor`. */
export const knownAuthority = (known: LeafAuthorities, name: string): string | undefined =>
  Object.hasOwn(known, name) ? known[name] : undefined;

/**
 * Authorities that a cluster trusts for leaf nodes besides its own: no cluster holds the key of another one's authority,
 * so both ends of a link learn of each other's by its certificate. Of those that are known; empty without any.
 */
export function peerAuthorities(topology: Topology, cluster: ClusterTopology, known: LeafAuthorities = {}): string {
  const names = [
    ...leafPeers(topology, cluster).map(({ name }) => name),
    // A foreign leaf may have its certificate from the hub's own authority.
    ...cluster.foreignLeafs.map(({ name }) => name),
  ];
  return names
    .flatMap((name) => knownAuthority(known, name)?.trim() || [])
    .map((pem) => `${pem}\n`)
    .join("");
}

/** Authorities that a link waits for. They are there only after a first deployment, so this is not an error before. */
export function leafAuthorityProblems(topology: Topology, trust: Pick<Trust, "authorities">): Problem[] {
  const known = trust.authorities ?? {};
  const missing = topology.clusters.flatMap((cluster) =>
    leafPeers(topology, cluster)
      .filter((peer) => knownAuthority(known, peer.name) === undefined && !shareAuthority(peer, cluster))
      .map(({ name }) => ({ name, needs: cluster.name })),
  );
  return [...new Set(missing.map(({ name }) => name))].map((name) => ({
    path: ["authorities", name],
    message: `is not known, so its leaf connections are refused by ${missing
      .filter((one) => one.name === name)
      .map(({ needs }) => needs)
      .join(", ")}`,
    fix: `natsform deploy ${topology.environment} notes it; where it cannot: natsform keys authority ${topology.environment} ${name}, then deploy`,
  }));
}
