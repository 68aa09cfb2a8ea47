import type { Problem, Trust } from "../config";
import type { Certificate, ClusterTopology, Topology } from "./model";

/** Certificates (PEM) of authorities, by the cluster or foreign leaf for whose leaf nodes they sign. */
export type LeafAuthorities = Readonly<Record<string, string>>;

const signerOf = ({ certificates }: ClusterTopology): Certificate["signer"] | undefined =>
  certificates.find(({ issuer }) => issuer === "leafnodes")?.signer;

/** True when both get their certificates from the same authority: a folder, or one of ACM PCA by its ARN. */
const shareAuthority = (a: ClusterTopology, b: ClusterTopology): boolean => {
  const signer = signerOf(a);
  return signer === signerOf(b) && (signer === "local" || signer === "acm-pca");
};

/** The clusters that a cluster is linked to by leaf nodes: its hub, and those whose hub it is. */
export function leafPeers({ clusters }: Topology, cluster: ClusterTopology): ClusterTopology[] {
  const meets = (leaf: ClusterTopology, hub: ClusterTopology) => leaf.leafLinks.some((link) => link.hub === hub.name);
  return clusters.filter((other) => meets(other, cluster) || meets(cluster, other));
}

/** Clusters whose authority must be known to others: to peers over leaf nodes that have another authority. */
export const announcedClusters = (topology: Topology): ClusterTopology[] =>
  topology.clusters.filter(
    (cluster) =>
      cluster.foreignLeafs.length > 0 || leafPeers(topology, cluster).some((peer) => !shareAuthority(peer, cluster)),
  );

/** Known authority of a cluster; a cluster may be called `constructor`. */
export const knownAuthority = (known: LeafAuthorities, name: string): string | undefined =>
  Object.hasOwn(known, name) ? known[name] : undefined;

/**
 * Authorities that a cluster trusts for leaf nodes besides its own. No cluster holds the key of another one's
 * authority, so each end of a link is given the certificate of the other's. Only those that are known; empty without
 * any.
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

/** Authorities that a link waits for. They exist only after a first deployment, so their absence is no error before. */
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
