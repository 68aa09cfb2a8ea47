import type { KubernetesPlatform } from "./platforms";

/** Where a cache of the DNS on a node listens, by convention (NodeLocal DNSCache). */
export const nodeCacheAddress = "169.254.20.10";
/** The metadata of a node; on GKE with Cloud DNS also the resolver of its pods. */
const metadataAddress = "169.254.169.254";

/** Where pods find the DNS besides its pods and its Service: addresses and ranges, as networks. */
export const resolverNetworks = ({ flavor, networkPolicies }: KubernetesPlatform): string[] => [
  ...new Set([nodeCacheAddress, ...(flavor === "gke" ? [metadataAddress] : []), ...networkPolicies.dns].map(networkOf)),
];

const networkOf = (address: string) =>
  address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`;
