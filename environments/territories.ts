import { defineEnvironment } from "natsform/config";

/** Stream of one country; it is stored on the machine of that country alone. */
const territory = (id: "dk" | "no" | "se") => ({
  name: `TERRITORY_${id.toUpperCase()}`,
  cluster: "nats",
  subjects: [`territory.${id}.>`],
  replicas: 1,
  maxAge: "30d",
  maxBytes: "2GiB",
  placementTags: [`territory:${id}`],
  examples: [`territory.${id}.user.login`, `territory.${id}.group.member_added`],
  consumers: [{ name: `${id}-local-processor`, filterSubjects: [`territory.${id}.>`] }],
});

/**
 * One cluster over three countries, on machines that a WireGuard mesh connects. Global events are kept everywhere,
 * those of a territory only there: its streams are placed by the tag of its machine.
 */
export default defineEnvironment({
  name: "territories",
  nats: { version: "2.15.2", maxPayload: "8MiB" },
  identity: {
    mode: "callout",
    oidc: { issuer: "https://id.unityplan.example/", audience: "unityplan" },
    permissions: [
      {
        account: "APP",
        publish: { allow: ["territory.{territory}.user.{sub}.>"] },
        subscribe: { allow: ["territory.{territory}.>", "global.>"] },
      },
      {
        account: "APP",
        when: [{ claim: "roles", includes: "editor" }],
        publish: { allow: ["global.content.>", "cross.{territory}.*.>"] },
      },
    ],
    services: {
      "dk-api": api("dk"),
      "no-api": api("no"),
      "se-api": api("se"),
      "dk-events": events("dk"),
      "no-events": events("no"),
      "se-events": events("se"),
    },
  },
  clusters: {
    nats: {
      platform: {
        kind: "hosts",
        runtime: "compose",
        mesh: { port: 51820 },
        hosts: [
          { name: "dk", address: "45.123.45.67", meshAddress: "10.0.1.1", tags: ["territory:dk"] },
          { name: "no", address: "89.234.56.78", meshAddress: "10.0.2.1", tags: ["territory:no"] },
          { name: "se", address: "91.234.12.34", meshAddress: "10.0.3.1", tags: ["territory:se"] },
        ],
      },
      natsName: "unityplan-global",
      // A territory's stream has one copy, so what is acknowledged must be on the disk.
      jetstream: { memory: "256MiB", file: "20GiB", durability: "durable", uniqueTag: "territory:" },
      backup: { to: "s3://unityplan-nats-backup/territories", retention: "30d", locked: true },
    },
  },
  streams: [
    {
      name: "GLOBAL_EVENTS",
      cluster: "nats",
      subjects: ["global.>"],
      replicas: 3,
      maxAge: "7d",
      maxBytes: "4GiB",
      examples: ["global.user.registered", "global.system.config_changed"],
      consumers: [{ name: "global-processor", filterSubjects: ["global.>"] }],
    },
    territory("dk"),
    territory("no"),
    territory("se"),
    {
      name: "CROSS_TERRITORY",
      cluster: "nats",
      subjects: ["cross.*.*.>"],
      replicas: 3,
      maxAge: "14d",
      maxBytes: "4GiB",
      examples: ["cross.dk.no.collaboration_invite", "cross.dk.se.learning_shared"],
    },
  ],
  acknowledge: [
    {
      rule: "acknowledged-anywhere",
      reason: "All that can be forged is an acknowledgement's text, which no territory takes for an event.",
      expires: "2027-11-01",
    },
    {
      rule: "stream-spans-territories",
      reason: "Copenhagen, Oslo and Stockholm are tens of milliseconds apart; elections start after four seconds.",
      expires: "2027-11-01",
    },
  ],
});

/** The API of a territory answers what its users ask. It publishes nothing: a request says where its answer goes. */
function api(id: string) {
  return { account: "APP", subscribe: { allow: [`territory.${id}.>`] }, allowResponses: true };
}

/** Events of a territory: all of its own subjects, global events, and what crosses its border. */
function events(id: string) {
  return {
    account: "APP",
    uses: { consumers: [`TERRITORY_${id.toUpperCase()}/${id}-local-processor`, "GLOBAL_EVENTS/global-processor"] },
    publish: { allow: [`territory.${id}.>`, "global.>", `cross.${id}.*.>`] },
    subscribe: { allow: [`territory.${id}.>`, "global.>", `cross.*.${id}.>`] },
  };
}
