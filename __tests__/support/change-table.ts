import type { EnvironmentInput } from "../../model/config";
import { app, core, orders, permissions } from "./twin-environment";

type Cluster = EnvironmentInput["clusters"][string];

/** A change of an environment whose answer is compared with what a real server does. */
export interface TriedChange {
  what: string;
  after: EnvironmentInput;
}

const cluster = {
  ...core,
  tags: ["tier:gold"],
  websocket: { allowedOrigins: ["https://app.example.com"] },
  leafHub: true,
  foreignLeafs: { partner: { accounts: ["APP"] } },
} satisfies Cluster;

/** An environment with something of every kind, on one server of which the changes are tried. */
export const triedEnvironment = (name: string, mode: "callout" | "operator" = "callout"): EnvironmentInput => ({
  name,
  nats: { maxPayload: "2MiB", metadata: { team: "one" }, featureFlags: { js_ack_fc_v2: false } },
  accounts: {
    APP: { jetstream: { maxFile: "512MiB", maxStreams: 10 }, exports: [{ service: "ask.>" }] },
    OTHER: { jetstream: { enabled: false }, imports: [{ service: { account: "APP", subject: "ask.>" } }] },
  },
  identity: {
    mode,
    oidc: { issuer: "https://tests.eu.auth0.com/", audience: "https://api.tests.example.com" },
    permissions,
    services: { api: app, spare: app },
    responders: 1,
  },
  clusters: { core: cluster },
  streams: [orders],
});

const APP = { jetstream: { maxFile: "512MiB", maxStreams: 10 }, exports: [{ service: "ask.>" }] };
const OTHER = { jetstream: { enabled: false }, imports: [{ service: { account: "APP", subject: "ask.>" } }] };

/** In one line, what is taken out as well. */
const shown = (fields: object | undefined) =>
  JSON.stringify(fields, (_, value) => (value === undefined ? "none" : value)).slice(0, 200);

/** At least sixty changes, each of the environment as it is. */
export function triedChanges(before: EnvironmentInput): TriedChange[] {
  const of = (what: string, fields: Partial<EnvironmentInput>): TriedChange => ({
    what,
    after: { ...before, ...fields },
  });
  const nats = (fields: EnvironmentInput["nats"]) =>
    of(`nats ${shown(fields)}`, { nats: { ...before.nats, ...fields } });
  const identity = (fields: object) =>
    of(`identity ${shown(fields)}`, { identity: { ...before.identity, ...fields } as never });
  const accounts = (fields: EnvironmentInput["accounts"]) =>
    of(`accounts ${shown(fields)}`, { accounts: { APP, OTHER, ...fields } as never });
  const clusters = (fields: Partial<Cluster>) =>
    of(`cluster ${shown(fields)}`, { clusters: { core: { ...(before.clusters.core ?? cluster), ...fields } } });
  const jetstream = (fields: object) => clusters({ jetstream: { ...cluster.jetstream, ...fields } });
  const platform = (fields: object) => clusters({ platform: { ...cluster.platform, ...fields } as never });
  const stream = (fields: object) => of(`stream ${shown(fields)}`, { streams: [{ ...orders, ...fields }] as never });
  return [
    ...[
      nats({ maxPayload: "3MiB" }),
      nats({ maxPayload: "1MiB" }),
      nats({ maxConnections: 100 }),
      nats({ maxConnections: 70_000 }),
      nats({ writeDeadline: "7s" }),
      nats({ metadata: { team: "two" } }),
      nats({ metadata: undefined }),
      nats({ featureFlags: { js_ack_fc_v2: true } }),
      nats({ featureFlags: undefined }),
      nats({ proxyProtocol: true }),
      nats({ maxPayload: "3MiB", proxyProtocol: true }),
    ],
    ...[
      accounts({ NEW: { jetstream: { enabled: false } } }),
      accounts({ NEW: {} }),
      of("accounts without OTHER", { accounts: { APP } as never }),
      accounts({ APP: { ...APP, jetstream: { maxFile: "600MiB", maxStreams: 10 } } as never }),
      accounts({ APP: { ...APP, jetstream: { maxFile: "512MiB", maxStreams: 11 } } as never }),
      accounts({ APP: { ...APP, jetstream: { maxFile: "512MiB", maxStreams: 10, maxConsumers: 9 } } as never }),
      accounts({ APP: { ...APP, jetstream: {} } as never }),
      accounts({ APP: { ...APP, exports: [...APP.exports, { stream: "news.>" }] } as never }),
      accounts({ APP: { ...APP, exports: [{ service: "ask.>", accounts: ["OTHER"] }] } as never }),
      accounts({ APP: { ...APP, exports: [{ service: "ask.>", response: "stream" }] } as never }),
      accounts({ OTHER: { ...OTHER, imports: [] } as never }),
      accounts({
        OTHER: { ...OTHER, imports: [{ service: { account: "APP", subject: "ask.>" }, to: "app.>" }] } as never,
      }),
      accounts({ OTHER: { imports: OTHER.imports } as never }),
    ],
    ...[
      identity({ permissions: [{ ...permissions[0], publish: { allow: ["user.{sub}.one"] } }] }),
      identity({ permissions: [...permissions, { account: "APP", when: [{ claim: "role", includes: "a" }] }] }),
      identity({ permissions: [{ account: "OTHER", publish: { allow: ["x.{sub}"] } }] }),
      identity({ services: { api: app } }),
      identity({ services: { api: app, spare: app, third: app } }),
      identity({ services: { api: { ...app, account: "OTHER", publish: { allow: ["orders.>"] } }, spare: app } }),
      identity({ services: { api: { ...app, publish: { allow: [] } }, spare: app } }),
      identity({ maxLifetime: "10m" }),
      identity({ responders: 2 }),
      identity({ timeoutSeconds: 7 }),
      identity({ oidc: { issuer: "https://other.eu.auth0.com/", audience: "x" } }),
      identity({ oidc: { issuer: "https://tests.eu.auth0.com/", audience: "x", clockSkewSeconds: 5 } }),
    ],
    ...[
      clusters({ tags: ["tier:silver"] }),
      clusters({ tags: [] }),
      clusters({ tags: ["tier:gold", "rack:one"] }),
      clusters({ size: 5 }),
      clusters({ websocket: undefined }),
      clusters({ websocket: { allowedOrigins: [] } }),
      clusters({ websocket: { allowedOrigins: ["https://other.example.com"] } }),
      clusters({ websocket: { allowedOrigins: ["https://app.example.com"], compression: false } }),
      clusters({ leafHub: false, foreignLeafs: {} }),
      clusters({ leafAddress: "leafs.example.com" }),
      clusters({ foreignLeafs: {} }),
      clusters({ foreignLeafs: { partner: { accounts: ["APP"] }, second: { accounts: ["APP"] } } }),
      clusters({
        foreignLeafs: { partner: { accounts: ["APP"], links: { APP: { publish: { allow: ["ask.one"] } } } } },
      }),
      clusters({ backup: { to: "s3://backups/core", locked: true } }),
      clusters({ tls: { ttl: "240h" } }),
    ],
    ...[
      jetstream({ memory: "32MiB" }),
      jetstream({ file: "768MiB" }),
      jetstream({ durability: "durable" }),
      jetstream({ uniqueTag: undefined }),
      jetstream({ uniqueTag: "rack:" }),
      jetstream({ maxOutstandingCatchup: "128MiB" }),
      jetstream({ maxConcurrentIo: 64 }),
      jetstream({ domain: "elsewhere" }),
    ],
    ...[
      platform({ cpu: 2048 }),
      platform({ memory: "8GiB" }),
      platform({ storage: "efs" }),
      platform({ dnsTtlSeconds: 20 }),
      platform({ monitoring: { from: ["10.0.0.0/24"] } }),
      platform({ stopTimeoutSeconds: 90 }),
    ],
    ...[
      stream({ maxAge: "1d" }),
      stream({ subjects: ["orders.>", "bills.>"] }),
      stream({ consumers: [{ name: "worker", filterSubjects: ["orders.one"] }] }),
      stream({ maxBytes: "32MiB", discard: "new" }),
      of("no streams", { streams: [] }),
      of("another stream", { streams: [orders, { ...orders, name: "MORE", subjects: ["more.>"] }] }),
    ],
  ];
}
