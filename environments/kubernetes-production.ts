import { defineEnvironment } from "natsform/config";

/**
 * The core cluster on GKE from the official chart: operator mode, users in an account of their own, certificates from
 * Vault, a hub for leaf nodes, regional SSD volumes, a backup each night.
 */
export default defineEnvironment({
  name: "kubernetes-production",
  nats: { version: "2.15.2", maxPayload: "8MiB" },
  accounts: {
    APP: { exports: [{ service: "ask.*.>", accounts: ["USERS"] }] },
    // Users ask, and reach nothing else of APP: a server stores and answers wherever a user says, but in USERS alone.
    USERS: { jetstream: { enabled: false }, imports: [{ service: { account: "APP", subject: "ask.*.>" } }] },
    LEAF: {},
  },
  identity: {
    mode: "operator",
    operatorName: "demo-nats",
    oidc: { issuer: "https://login.example.com/", audience: "https://nats.example.com" },
    permissions: [{ account: "USERS", publish: { allow: ["ask.{sub}.>"] } }],
    services: {
      // What it publishes is its own word: no user writes into the stream.
      desk: {
        account: "APP",
        publish: { allow: ["test.>"] },
        subscribe: { allow: ["ask.>"] },
        allowResponses: true,
      },
    },
    responders: 3,
  },
  clusters: {
    nats: {
      platform: {
        kind: "kubernetes",
        flavor: "gke",
        namespace: "nats",
        zones: 3,
        // Prometheus, and nobody else, reads metrics.
        monitoring: { from: [{ namespace: "monitoring", pods: { "app.kubernetes.io/name": "prometheus" } }] },
        // Accounts that the pods are at Google by workload identity: one that may add to the bucket, another that may delete.
        backupAccess: {
          annotations: { "iam.gke.io/gcp-service-account": "nats-backup@example-project.iam.gserviceaccount.com" },
          prune: {
            annotations: {
              "iam.gke.io/gcp-service-account": "nats-backup-prune@example-project.iam.gserviceaccount.com",
            },
          },
        },
      },
      size: 3,
      natsName: "nats-core",
      jetstream: {
        memory: "4GiB",
        file: "90GiB",
        domain: "hub",
        storageClass: { name: "jetstream-ssd", regional: true },
      },
      tls: { issuer: "vault", mount: "pki-int", role: "nats-cluster", ttl: "720h" },
      leafHub: true,
      backup: { schedule: "0 2 * * *", to: "gs://example-nats-backup/kubernetes-production", locked: true },
    },
  },
  streams: [
    {
      name: "TEST",
      cluster: "nats",
      subjects: ["test.>"],
      replicas: 3,
      maxAge: "1d",
      maxBytes: "10GiB",
      examples: ["test.data"],
    },
  ],
  acknowledge: [
    {
      rule: "image-by-tag",
      reason: "An example: the digest is that of the image in the registry that you pull from.",
      expires: "2027-11-01",
    },
  ],
});
