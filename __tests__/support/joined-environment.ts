import type { EnvironmentInput } from "../../model/config";

/** Clusters that meet over leaf nodes, with users that the callout lets in. */
export const joinedEnvironment = (clusters: EnvironmentInput["clusters"]): EnvironmentInput => ({
  name: "joined",
  identity: {
    mode: "callout",
    oidc: { issuer: "https://id.example.com/", audience: "nats" },
    permissions: [{ account: "APP", publish: { allow: ["a.{sub}"] } }],
  },
  clusters,
});

/** A cluster on ECS that is a leaf of `hub`. */
export const joinedLeaf = (name: string, region: string): EnvironmentInput["clusters"][string] => ({
  platform: { kind: "aws-ecs", region, domain: `${name}.example.com` },
  leafOf: { cluster: "hub" },
});
