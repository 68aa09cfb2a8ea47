import { defineEnvironment } from "natsform/config";

/** A service speaks in its own subjects and on the event bus; answers go to the inboxes of those who may ask. */
const service = (name: string, ...consumers: string[]) => ({
  account: "APP",
  uses: { consumers },
  publish: { allow: [`svc.${name}.>`, "svc.event-bus.>"] },
  subscribe: { allow: [`svc.${name}.>`] },
  allowResponses: true,
});

/**
 * Five servers on EC2 with volumes that outlive the instances, reached from inside the VPC alone. One cluster with one
 * JetStream, where five unconnected servers behind a load balancer would have been five.
 */
export default defineEnvironment({
  name: "ec2-production",
  nats: { version: "2.15.2", maxPayload: "4MiB" },
  identity: {
    mode: "callout",
    oidc: { issuer: "https://auth.example.com/", audience: "bodybroker" },
    permissions: [{ account: "APP", subscribe: { allow: ["svc.event-bus.public.>"] } }],
    services: {
      "ai-integration": service("ai-integration"),
      "model-management": service("model-management"),
      "state-manager": service("state-manager", "EVENTS/state-manager"),
      "story-teller": service("story-teller", "EVENTS/story-teller"),
      "event-bus": service("event-bus"),
      "http-gateway": {
        account: "APP",
        publish: { allow: ["svc.>"] },
        subscribe: { allow: ["svc.event-bus.public.>"] },
      },
    },
  },
  clusters: {
    production: {
      platform: {
        kind: "aws-ec2",
        region: "us-east-1",
        domain: "nats-production.example.com",
        network: { vpcId: "vpc-0f1e2d3c4b5a69788", egress: "endpoints" },
        access: "vpc",
        instanceType: "m7g.large",
        volume: { size: "500GiB", type: "gp3" },
      },
      size: 5,
      jetstream: { memory: "1GiB", file: "450GiB", uniqueTag: "az:" },
      backup: { to: "s3://example-nats-backup/ec2-production", locked: true },
    },
  },
  streams: [
    {
      name: "EVENTS",
      cluster: "production",
      subjects: ["svc.event-bus.>"],
      replicas: 3,
      maxAge: "3d",
      maxBytes: "100GiB",
      consumers: [
        { name: "state-manager", filterSubjects: ["svc.event-bus.state.>"] },
        { name: "story-teller", filterSubjects: ["svc.event-bus.story.>"] },
      ],
    },
  ],
});
