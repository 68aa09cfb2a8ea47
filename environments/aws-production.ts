import { defineEnvironment } from "natsform/config";

/**
 * Three servers on ECS Fargate in public subnets, found by clients through one A record with every healthy address.
 * Browsers come with Auth0 tokens over WebSocket; the auth callout turns a token into permissions.
 */
export default defineEnvironment({
  name: "aws-production",
  nats: { version: "2.15.2", maxPayload: "1MiB" },
  identity: {
    mode: "callout",
    oidc: { issuer: "https://example.eu.auth0.com/", audience: "https://api.example.com" },
    permissions: [
      {
        account: "APP",
        publish: { allow: ["api.{sub}.>"] },
        subscribe: { allow: ["user.{sub}.>", "broadcast.>"] },
      },
      {
        account: "APP",
        when: [{ claim: "https://api.example.com/roles", includes: "support" }],
        subscribe: { allow: ["user.*.status"] },
      },
    ],
    services: {
      // Whoever answers publishes nothing else: a request says where its answer goes.
      "main-api": {
        account: "APP",
        uses: { consumers: ["API/main-api"] },
        subscribe: { allow: ["api.>"] },
        allowResponses: true,
      },
      announcer: { account: "APP", publish: { allow: ["user.>", "broadcast.>"] } },
    },
  },
  clusters: {
    core: {
      platform: {
        kind: "aws-ecs",
        region: "eu-west-1",
        domain: "prod.example.com",
        parentDomain: "example.com",
        cpu: 2048,
        memory: "8GiB",
      },
      size: 3,
      jetstream: { memory: "1GiB", file: "16GiB", uniqueTag: "az:" },
      websocket: { allowedOrigins: ["https://app.example.com"] },
      backup: { schedule: "0 2 * * *", to: "s3://example-nats-backup/aws-production", retention: "30d", locked: true },
    },
  },
  streams: [
    {
      name: "API",
      cluster: "core",
      description: "Requests of clients, kept until the API has answered them.",
      subjects: ["api.>"],
      replicas: 3,
      maxAge: "7d",
      maxBytes: "4GiB",
      consumers: [{ name: "main-api", filterSubjects: ["api.>"] }],
    },
  ],
  acknowledge: [
    {
      rule: "acknowledged-anywhere",
      reason: "All that can be forged is an acknowledgement's text, which main-api does not take for a request.",
      expires: "2027-11-01",
    },
    {
      rule: "image-by-tag",
      reason: "An example: the digest is that of the image in the registry that you pull from.",
      expires: "2027-11-01",
    },
  ],
  tags: { service: "nats", environment: "production" },
});
