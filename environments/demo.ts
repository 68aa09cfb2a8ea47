import { defineEnvironment } from "natsform/config";

/** Environment that `make up` starts: one cluster of three servers on ECS, seen here as its twin. */
export default defineEnvironment({
  name: "demo",
  nats: { version: "2.15.2", maxPayload: "8MiB" },
  identity: {
    mode: "callout",
    oidc: { issuer: "https://demo.eu.auth0.com/", audience: "https://api.demo.example.com" },
    permissions: [
      {
        account: "APP",
        publish: { allow: ["user.{sub}.>", "orders.{sub}.>"] },
        subscribe: { allow: ["user.{sub}.>", "news.>"] },
      },
      {
        account: "APP",
        when: [{ claim: "roles", includes: "editor" }],
        publish: { allow: ["news.>"] },
      },
    ],
    services: {
      // Whoever answers publishes nothing else: a request says where its answer goes.
      "main-api": {
        account: "APP",
        uses: { consumers: ["ORDERS/fulfilment"], streams: ["ORDERS"] },
        subscribe: { allow: ["user.>"] },
        allowResponses: true,
      },
      newsroom: { account: "APP", publish: { allow: ["user.>", "news.>"] }, uses: { streams: ["NEWS"] } },
    },
  },
  clusters: {
    core: {
      platform: { kind: "aws-ecs", region: "eu-west-1", domain: "demo.example.com" },
      size: 3,
      jetstream: { memory: "64MiB", file: "1GiB", uniqueTag: "az:" },
      websocket: { allowedOrigins: ["https://app.demo.example.com"] },
      backup: { to: "s3://demo-nats-backup/demo", locked: true },
    },
  },
  streams: [
    {
      name: "ORDERS",
      cluster: "core",
      subjects: ["orders.>"],
      replicas: 3,
      maxAge: "7d",
      // What is read directly, a server sends wherever a request says, JetStream's interface included.
      allowDirect: false,
      consumers: [{ name: "fulfilment", filterSubjects: ["orders.*.placed"] }],
    },
    {
      name: "NEWS",
      cluster: "core",
      subjects: ["news.>"],
      replicas: 3,
      maxAge: "1d",
      maxBytes: "64MiB",
      allowDirect: false,
    },
  ],
  acknowledge: [
    {
      rule: "acknowledged-anywhere",
      reason:
        "One account keeps the first hour short. All that can be forged is an acknowledgement's text; kubernetes-production shows how nothing can.",
      expires: "2027-11-01",
    },
    {
      rule: "image-by-tag",
      reason: "An example: the digest is that of the image in the registry that you pull from.",
      expires: "2027-11-01",
    },
  ],
});
