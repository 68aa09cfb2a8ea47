import type { Problem } from "../problem";
import { type Check, clustersOf, type Dict, dict, isDict, text } from "./raw";

const onAws = (env: Dict) =>
  clustersOf(env)
    .map(([name, cluster]) => ({ name, cluster, platform: dict(cluster.platform) }))
    .filter(({ platform }) => text(platform.kind)?.startsWith("aws-"));

/** Clusters of one region share its network, and no two share a name for clients. */
export const sharedRegions: Check = (env) => {
  const seen: { name: string; platform: Dict }[] = [];
  return onAws(env).flatMap(({ name, platform }) => {
    const problems: Problem[] = [];
    const path = ["clusters", name, "platform"];
    const sameRegion = seen.find((other) => other.platform.region === platform.region);
    const network = networkOf(platform);
    if (sameRegion && networkOf(sameRegion.platform).some((value, i) => value !== network[i])) {
      const message = `is not the network of cluster ${sameRegion.name}, which is in the same region and shares it`;
      problems.push({ path: [...path, "network"], got: platform.network, message, fix: "write the same for both" });
    }
    const sameDomain = seen.find((other) => text(platform.domain) && other.platform.domain === platform.domain);
    if (sameDomain) {
      const message = `is the domain of cluster ${sameDomain.name} too; clients would find both under one name`;
      problems.push({ path: [...path, "domain"], got: platform.domain, message, fix: "give each its own subdomain" });
    }
    seen.push({ name, platform });
    return problems;
  });
};

/** With the schema's defaults, so that one that is written and one that is left out are the same. */
function networkOf(platform: Dict): unknown[] {
  const { vpcId, cidr = "10.0.0.0/16", egress = "nat" } = dict(platform.network);
  return vpcId === undefined ? [undefined, cidr, egress] : [vpcId];
}

export const privateCa: Check = (env) =>
  clustersOf(env).flatMap(([name, cluster]) => {
    const tls = dict(cluster.tls);
    if (tls.issuer !== "acm-pca" || !text(dict(cluster.platform).kind)?.startsWith("aws-")) return [];
    const given = dict(tls.authorities);
    const hasLeafs = cluster.leafHub === true || cluster.leafOf !== undefined;
    const needed = ["internal", ...(cluster.size === 1 ? [] : ["routes"]), ...(hasLeafs ? ["leafnodes"] : [])];
    return needed
      .filter((issuer) => given[issuer] === undefined)
      .map((issuer) => ({
        path: ["clusters", name, "tls", "authorities", ...(isDict(tls.authorities) ? [issuer] : [])],
        got: undefined,
        message: `${issuer} is required when ACM PCA issues certificates`,
        fix: "the ARN of an authority that serves this purpose alone",
      }));
  });

/** `-certificate-manager-schedule` is the longest that follows environment and cluster, in a name of at most 64. */
const prefixLength = 64 - "-certificate-manager-schedule".length;

/** Names that natsform derives fit what AWS allows. */
export const nameLengths: Check = (env) => {
  const name = text(env.name) ?? "";
  return onAws(env).flatMap(({ name: cluster, platform }): Problem[] => {
    const problems: Problem[] = [];
    const prefix = `${name}-${cluster}`;
    if (prefix.length > prefixLength) {
      const message = `is too long with the environment's: ${prefix} has ${prefix.length} characters, and AWS leaves ${prefixLength}`;
      problems.push({ path: ["clusters", cluster], got: cluster, message, fix: "shorten one of both" });
    }
    const bucket = `${name}-config-${text(platform.region) ?? ""}-${"0".repeat(12)}`;
    if (bucket.length > 63) {
      const message = `is too long: its bucket in ${platform.region} would have a name of ${bucket.length} characters`;
      problems.push({ path: ["name"], got: name, message, fix: `use at most ${name.length - (bucket.length - 63)}` });
    }
    return problems;
  });
};
