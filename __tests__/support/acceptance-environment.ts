import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import production from "../../environments/kubernetes-production";
import type { EnvironmentInput } from "../../model/config";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { settings, withVault } from "./acceptance";

export const namespace = "natsform-acceptance";

const oidc = { issuer: "https://issuer.example.com/", audience: "acceptance" };
/** A leaf cluster that runs as a twin on this machine: another environment, which natsform does not deploy here. */
export const foreignLeaf = "edge";

/**
 * The shipped environment as it stands, but for what one small node forces: no cloud's disks, buckets and zones, little
 * memory, and nothing whose image cannot be had.
 *
 * @param programs repository of natsform's own images
 */
export function forThisCluster(jwksUri: string, oidcAuthorities: string, programs: string): EnvironmentInput {
  const { nats } = production.clusters;
  if (nats?.platform.kind !== "kubernetes")
    throw new Error("the shipped environment has no cluster nats on Kubernetes");
  return {
    ...production,
    identity: { ...production.identity, oidc: { ...oidc, jwksUri }, responders: 2 },
    clusters: {
      nats: {
        ...nats,
        platform: {
          ...nats.platform,
          flavor: "generic",
          namespace,
          zones: 1,
          cpu: 0.2,
          memory: "256MiB",
          // Nodes on which tests run often measure no disks.
          ephemeralStorage: false,
          images: { programs },
          oidcAuthorities,
          reloader: false,
          monitoring: { exporter: false },
          backupAccess: { claim: "backups" },
          networkPolicies,
          chart: settings.chart ? { path: settings.chart } : {},
        },
        backup: { to: "file:///backups/acceptance", encrypt: true },
        jetstream: {
          memory: "32MiB",
          file: "512MiB",
          domain: "hub",
          storageClass: { name: settings.storageClass, create: false },
        },
        // No controller is asked for: that the API takes the Ingress is seen, and requests go to the Service.
        httpGateway: {
          account: "USERS",
          hostname: "api.acceptance.example.com",
          front: { kind: "ingress", className: "nobody" },
          routes: { ask: { kind: "publish", path: "/ask/{what}", subject: "ask.{sub}.{what}" } },
        },
        leafAddress: leafHost,
        foreignLeafs: {
          [foreignLeaf]: {
            accounts: ["LEAF"],
            links: { LEAF: { publish: { allow: ["$JS.hub.API.STREAM.NAMES"] }, subscribe: {} } },
          },
        },
        tls: withVault ? { ...nats.tls, ...vault } : { issuer: "local" },
      },
    },
    streams: [
      { name: "TEST", cluster: "nats", subjects: ["test.>"], replicas: 3, maxAge: "1d", examples: ["test.data"] },
    ],
    acknowledge: [
      {
        rule: "one-zone-not-durable",
        reason: "one node has one zone, and its data is thrown away",
        expires: "2099-01-01",
      },
      ...(withVault && settings.vaultAddress?.startsWith("http:")
        ? [
            {
              rule: "vault-in-clear",
              reason: "a Vault of this machine, thrown away after the run",
              expires: "2099-01-01",
            },
          ]
        : []),
    ],
    deletionProtection: false,
  };
}

/** What natsform cannot know of this Kubernetes cluster: ports of its API, and a resolver of the node where it has one. */
const networkPolicies = {
  apiPorts: [443, 6443, ...(settings.kubernetesHost ? [Number(new URL(settings.kubernetesHost).port || 443)] : [])],
  dns: ["169.254.169.254"],
};

/** Mounts of its own: the Vault is somebody's. */
const vault = {
  mount: "natsform-acceptance",
  vault: {
    address: settings.vaultAddress,
    root: "natsform-acceptance-root",
    authPath: "natsform-acceptance",
    kubernetesHost: settings.kubernetesHost,
  },
};

/** What the leaf calls the hub: a name of the Service, which its certificate carries anyway. */
export const leafHost = `nats.${namespace}.svc.cluster.local`;

export interface TestIssuer {
  jwksUri: string;
  /** Authority of its certificate. */
  ca: string;
  token(claims: object): Promise<string>;
  stop(): void;
}

/** An issuer of tokens that pods reach, with a certificate of an authority of its own. */
export async function startIssuer(): Promise<TestIssuer> {
  const address = settings.address ?? "";
  const now = new Date();
  const authority = await createAuthority("acceptance issuer", 86_400_000, now);
  const { cert, key } = await issueCertificate(authority, {
    names: { dns: ["issuer.example.com"], addresses: [address] },
    usages: ["server"],
    ttlMs: 86_400_000,
    now,
  });
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: "one", use: "sig", alg: "RS256" }];
  const server: Server = createServer({ cert, key }, (_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    jwksUri: `https://${address}:${(server.address() as AddressInfo).port}/jwks`,
    ca: authority.cert,
    token: (claims) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "one", typ: "JWT" })
        .setIssuer(oidc.issuer)
        .setAudience(oidc.audience)
        .setIssuedAt()
        .setExpirationTime("10m")
        .sign(privateKey),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
