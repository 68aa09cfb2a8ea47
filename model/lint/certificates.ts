import { platformModel, vaultClusters } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";
import { duration } from "./units";

/** Lifetimes and signers of the certificates inside. */

const day = 24 * 3600e3;

const short: EnvironmentRule = {
  id: "certificate-ttl-short",
  severity: "warning",
  title: "Certificates leave no time to repair a failed renewal",
  reason:
    "They are renewed when a third of their life is left, so that third is all the time between the first failure and servers that no longer find each other.",
  fix: "use a ttl of 72h or more",
  check: ({ environment }) =>
    Object.entries(environment.clusters)
      .filter(([, { tls }]) => tls.ttl < 3 * day)
      .map(([name, { tls }]) => ({
        at: pathText("clusters", name, "tls", "ttl"),
        message: `certificates live ${duration(tls.ttl)}; ${duration(Math.floor(tls.ttl / 3))} are left for a repair`,
      })),
};

const long: EnvironmentRule = {
  id: "certificate-ttl-long",
  severity: "warning",
  title: "Certificates live longer than a year",
  reason:
    "nats-server reads no revocation lists: a stolen key of a route opens the cluster until its certificate ends. Renewal is automatic, so nothing is saved.",
  fix: "use 720h, the default",
  check: ({ environment }) =>
    Object.entries(environment.clusters)
      .filter(([, { tls }]) => tls.ttl > 366 * day)
      .map(([name, { tls }]) => ({
        at: pathText("clusters", name, "tls", "ttl"),
        message: `certificates live ${duration(tls.ttl)}`,
      })),
};

const local: EnvironmentRule = {
  id: "local-issuer-in-cloud",
  severity: "warning",
  title: "Certificates of a cloud cluster come from a laptop",
  reason:
    "The issuer `local` is a folder beside the checkout. Nothing in the cloud can renew what it signed: when its owner is away for a ttl, servers no longer find each other.",
  fix: "leave tls.issuer out: the platform has an issuer that renews by itself",
  check: ({ environment }) =>
    Object.entries(environment.clusters)
      .filter(([, { platform, tls }]) => tls.issuer === "local" && platformModel(platform).signer !== "local")
      .map(([name, { platform }]) => ({
        at: pathText("clusters", name, "tls", "issuer"),
        message: `cluster ${name} runs on ${platform.kind}`,
      })),
};

/** Clusters whose certificates Terraform asks Vault for. */
const byTerraform = ({ environment, topology }: LintContext) =>
  vaultClusters(topology).filter(({ name }) => environment.clusters[name]?.tls.vault.renewal === "terraform");

const inState: EnvironmentRule = {
  id: "certificate-keys-in-state",
  severity: "warning",
  title: "Keys of certificates stand in Terraform's state",
  reason:
    "A certificate that Terraform asks Vault for is a resource with its private key. Whoever reads the state can be a server of the cluster until the certificate ends, and only an apply renews it.",
  fix: "leave tls.vault.renewal out: the job in the cluster keeps keys between Vault and the Secret; or encrypt the state, apply each week, and acknowledge this",
  check: (context) =>
    byTerraform(context).map(({ name }) => ({
      at: pathText("clusters", name, "tls", "vault", "renewal"),
      message: `keys of cluster ${name} are in the state of its -pki stack`,
    })),
};

const notReloaded: EnvironmentRule = {
  id: "certificate-not-reloaded",
  severity: "error",
  title: "Servers are not reloaded for a renewed certificate",
  reason:
    "nats-server reads certificates when it starts and when it is reloaded. Terraform writes the Secret and reloads no server; the chart's reloader, which watches the files, is switched off.",
  fix: 'set platform.reloader to true, or tls.vault.renewal to "job"',
  check: (context) =>
    byTerraform(context)
      .filter(({ platform }) => !platform.reloader)
      .map(({ name }) => ({
        at: pathText("clusters", name, "platform", "reloader"),
        message: `servers of ${name} would serve their certificates until these end`,
      })),
};

const vaultInClear: EnvironmentRule = {
  id: "vault-in-clear",
  severity: "error",
  title: "Vault is spoken to without TLS",
  reason:
    "The job's login and the private keys of every certificate cross the network in clear, and whoever answers in Vault's place signs for all servers.",
  fix: "an https address, with tls.vault.authorities where no public authority signed for it; or acknowledge this where something else encrypts",
  check: ({ environment, topology }) =>
    vaultClusters(topology).flatMap(({ name }): Hit[] => {
      const address = environment.clusters[name]?.tls.vault.address ?? "";
      if (!address.startsWith("http:")) return [];
      return [
        { at: pathText("clusters", name, "tls", "vault", "address"), message: `cluster ${name} uses ${address}` },
      ];
    }),
};

export const certificateRules: readonly EnvironmentRule[] = [short, long, local, inState, notReloaded, vaultInClear];
