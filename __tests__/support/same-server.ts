import { makeKeys } from "../../cli/keys/make";
import type { MemoryStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment, type Trust } from "../../model/config";
import { buildTopology, type ClusterTopology, clusterOf, type Topology } from "../../model/topology";

type PlatformInput = EnvironmentInput["clusters"][string]["platform"];

/** One platform of each kind, with the same number of servers. */
export const platforms = {
  "aws-ecs": { kind: "aws-ecs", region: "eu-west-1", domain: "one.example.com" },
  "aws-ec2": { kind: "aws-ec2", region: "us-east-1", domain: "two.example.com" },
  gke: { kind: "kubernetes", flavor: "gke", namespace: "nats", domain: "three.example.com" },
  generic: { kind: "kubernetes", flavor: "generic", namespace: "messaging" },
  hosts: {
    kind: "hosts",
    domain: "four.example.com",
    hosts: ["a", "b", "c"].map((name, i) => ({ name, address: `192.0.2.${i + 1}`, meshAddress: `10.0.${i + 1}.1` })),
  },
} satisfies Record<string, PlatformInput>;

/** Clients find each cluster under a name of its own. */
function underOwnDomain(platform: PlatformInput): PlatformInput {
  return platform.domain ? { ...platform, domain: `hub.${platform.domain}` } : platform;
}

/** The renewal job logs in as a user of its own: without it servers know the same users on every platform. */
export const withoutRenewalJob = { vault: { renewal: "terraform" } } as const;

/** An environment that uses every part of a server's configuration, on the given platform. */
export function richEnvironment(mode: "callout" | "operator", platform: PlatformInput): EnvironmentInput {
  return {
    name: "same",
    nats: {
      maxPayload: "4MiB",
      metadata: { team: "messaging" },
      featureFlags: { js_ack_fc_v2: false },
      proxyProtocol: true,
    },
    accounts: {
      APP: {
        jetstream: { maxFile: "1GiB", maxStreams: 10 },
        exports: [{ service: "ask.*.>", accounts: ["OTHER"], response: "stream" }, { stream: "news.>" }],
      },
      OTHER: {
        jetstream: { enabled: false },
        imports: [
          { service: { account: "APP", subject: "ask.*.>" }, to: "app.*.>" },
          { stream: { account: "APP", subject: "news.local.>" } },
        ],
      },
    },
    identity: {
      mode,
      oidc: { issuer: "https://id.example.com/", audience: "nats" },
      permissions: [{ account: "APP", publish: { allow: ["a.{sub}"] } }],
      services: { api: { account: "APP", subscribe: { allow: ["a.>"] } } },
    },
    clusters: {
      hub: { platform: underOwnDomain(platform), tls: withoutRenewalJob, leafHub: true, jetstream: {} },
      core: {
        platform,
        tls: withoutRenewalJob,
        leafHub: true,
        leafOf: { cluster: "hub", accounts: ["APP"] },
        websocket: { allowedOrigins: ["https://app.example.com"] },
        tags: ["tier:gold"],
        jetstream: {
          memory: "64MiB",
          file: "1GiB",
          maxOutstandingCatchup: "128MiB",
          maxConcurrentIo: 64,
          uniqueTag: "az:",
        },
      },
    },
    streams: [{ name: "A", cluster: "core", subjects: ["a.>"] }],
  };
}

export interface RichServer {
  topology: Topology;
  cluster: ClusterTopology;
  trust: Trust;
}

/** The topology of that environment with keys; the same store gives every platform the same keys. */
export async function richTopology(
  mode: "callout" | "operator",
  platform: PlatformInput,
  store: MemoryStore,
  previous?: Trust,
  change: (environment: EnvironmentInput) => void = () => undefined,
): Promise<RichServer> {
  const input = richEnvironment(mode, platform);
  change(input);
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const { trust } = await makeKeys(topology, store, previous);
  return { topology, cluster: clusterOf(topology, "core"), trust };
}
