import type { KubernetesPlatform } from "./platforms";

/** Address of the DNS cache on a node, by convention (NodeLocal DNSCache). */
export const nodeCacheAddress = "169.254.20.10";
/** The metadata of a node; on GKE with Cloud DNS also the resolver of its pods. */
const metadataAddress = "169.254.169.254";

/** Networks of further DNS resolvers of pods, besides the DNS's own pods and Service. */
export const resolverNetworks = ({ flavor, networkPolicies }: KubernetesPlatform): string[] => [
  ...new Set([nodeCacheAddress, ...(flavor === "gke" ? [metadataAddress] : []), ...networkPolicies.dns].map(networkOf)),
];

const networkOf = (address: string) =>
  address.includes("/") ? address : `${address}/${address.includes(":") ? 128 : 32}`;
