import { type EnvironmentRule, place } from "./context";
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
        at: place("clusters", name, "tls", "ttl"),
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
        at: place("clusters", name, "tls", "ttl"),
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
      .filter(([, { platform, tls }]) => tls.issuer === "local" && platform.kind !== "hosts")
      .map(([name, { platform }]) => ({
        at: place("clusters", name, "tls", "issuer"),
        message: `cluster ${name} runs on ${platform.kind}`,
      })),
};

export const certificateRules: readonly EnvironmentRule[] = [short, long, local];
