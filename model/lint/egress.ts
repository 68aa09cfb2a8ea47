import type { Platform } from "../config";
import { isOnEcs } from "../topology";
import { type EnvironmentRule, pathText } from "./context";

/** Checks that nothing in private subnets on AWS needs more than the endpoints, where these are their only egress. */

type AwsPlatform = Extract<Platform, { kind: "aws-ecs" | "aws-ec2" }>;

/** An existing VPC has routes of its own, which natsform does not know. */
const hasEndpointsAlone = (platform: Platform): platform is AwsPlatform =>
  "network" in platform && platform.network.vpcId === undefined && platform.network.egress === "endpoints";

const egressPath = (cluster: string) => pathText("clusters", cluster, "platform", "network", "egress");

const issuer: EnvironmentRule = {
  id: "egress-to-issuer",
  severity: "error",
  title: "Responders cannot reach the OIDC issuer",
  reason:
    "They run in private subnets and fetch the issuer's public keys. Endpoints lead to services of AWS alone, so no token is ever verified and no user can log in.",
  fix: 'set egress: "nat"',
  check: ({ topology: { clusters, identity } }) =>
    clusters
      .filter(({ platform }) => hasEndpointsAlone(platform))
      .map(({ name }) => ({
        at: egressPath(name),
        message: `no route to ${new URL(identity.oidc.jwksUri ?? identity.oidc.issuer).host}`,
      })),
};

const image: EnvironmentRule = {
  id: "egress-to-image",
  severity: "error",
  title: "Servers in private subnets cannot pull their image",
  reason:
    'nats-server comes from a public registry. With `access: "vpc"` servers stand in private subnets, and endpoints lead to ECR alone: no task ever starts.',
  fix: 'set egress: "nat"',
  check: ({ topology: { clusters } }) =>
    clusters
      .filter(isOnEcs)
      .filter(({ platform }) => hasEndpointsAlone(platform) && platform.access === "vpc")
      .map(({ name }) => ({ at: egressPath(name), message: "no route to the registry of nats-server's image" })),
};

export const egressRules: readonly EnvironmentRule[] = [issuer, image];
