import type { EnvironmentInput } from "../../model/config";

type Clusters = EnvironmentInput["clusters"];

export const oidc = { issuer: "https://tests.eu.auth0.com/", audience: "https://api.tests.example.com" };

/** A program that may do what the tests need in APP: publish, see which streams there are, answer. */
export const app = {
  account: "APP",
  publish: {
    allow: [
      ...["orders.>", "news.>", "edge.>", "ask.>"],
      ...["$JS.API.INFO", "$JS.API.STREAM.LIST", "$JS.API.STREAM.INFO.ORDERS", "$JS.API.STREAM.MSG.GET.ORDERS"],
      ...[
        "$JS.API.DIRECT.GET.ORDERS",
        "$JS.API.STREAM.NAMES",
        "$JS.core.API.STREAM.NAMES",
        "$JS.edge.API.STREAM.NAMES",
      ],
    ],
  },
  subscribe: { allow: ["orders.>", "news.>", "edge.>", "ask.>", "user.>"] },
  allowResponses: true,
};

export const permissions = [
  {
    account: "APP",
    publish: { allow: ["user.{sub}.>"] },
    subscribe: { allow: ["user.{sub}.>", "news.>"] },
    allowResponses: true,
  },
];

export const core = {
  platform: { kind: "aws-ecs", region: "eu-west-1", domain: "tests.example.com" },
  size: 3,
  jetstream: { memory: "64MiB", file: "1GiB", uniqueTag: "az:" },
} satisfies Clusters[string];

export const orders = {
  name: "ORDERS",
  cluster: "core",
  subjects: ["orders.>"],
  replicas: 3,
  maxAge: "7d",
  maxBytes: "64MiB",
} satisfies NonNullable<EnvironmentInput["streams"]>[number];

/** Three servers with one R3 stream, and a service `api` that fills it. */
export function threeServers(name: string, changes: Partial<EnvironmentInput> = {}): EnvironmentInput {
  return {
    name,
    identity: { mode: "callout", oidc, permissions, services: { api: app } },
    clusters: { core },
    streams: [orders],
    ...changes,
  };
}

/** One server that keeps nothing: the smallest twin there is. */
export const oneServer = (name: string): EnvironmentInput =>
  threeServers(name, { clusters: { core: { ...core, size: 1, jetstream: undefined } }, streams: [] });
