import { findChart } from "./chart";

/** A finding that is known and right as it is. One that no finding needs any more fails the test. */
export interface ManifestException {
  rule: string;
  /** Matches `<stack> <Kind> <name> <what the tool names inside of it>`. */
  object: RegExp;
  reason: string;
  /** Whether the finding needs the chart's objects to be there, or to be missing. */
  chart?: "there" | "missing";
}

/** The exceptions that count on this machine. */
export const exceptionsHere = (exceptions: readonly ManifestException[]): ManifestException[] => {
  const here = "missing" in findChart() ? "missing" : "there";
  return exceptions.filter(({ chart = here }) => chart === here);
};

const pull =
  "A node that has the image starts a pod while the registry is away. Pulling each time would not make it another one where the image is named by digest, and where it is not, the rule image-by-tag has said so.";

export const checkovExceptions: readonly ManifestException[] = [
  { rule: "CKV_K8S_15", object: / (StatefulSet|Deployment|CronJob|Job) /, reason: pull },
  {
    rule: "CKV_K8S_43",
    object: / (StatefulSet|Deployment|CronJob|Job) /,
    reason:
      "These environments name no digests, and the rule image-by-tag says so of every image; platform.images takes them. Tags of programs are made of their contents.",
  },
  {
    rule: "CKV_K8S_38",
    object: / (CronJob|Job) \S*-certificate-renewal/,
    reason: "It logs in to Vault with its token, and writes the Secrets of certificates through the API.",
  },
  {
    rule: "CKV_K8S_35",
    object: / CronJob nats-(backup|drill|prune)/,
    reason: "The SDKs of the clouds read such keys from variables; the way without keys are annotations.",
  },
  ...["CKV_K8S_8", "CKV_K8S_9"].flatMap((rule): ManifestException[] => [
    {
      rule,
      object: / StatefulSet \S+ \S*containers\/\[[12]\]/,
      reason: "Sidecars of the chart: a probe that fails there would take the server beside them out of service.",
      chart: "there",
    },
    { rule, object: / Deployment nats-box /, reason: "A shell for people: nothing listens in it.", chart: "there" },
  ]),
];

const spread = "Topology spread constraints part them over nodes and zones; kube-score knows affinities alone.";

export const kubeScoreExceptions: readonly ManifestException[] = [
  {
    rule: "container-ephemeral-storage-request-and-limit",
    object: /^bare-/,
    reason: "Here platform.ephemeralStorage is off, for nodes that do not measure it.",
  },
  { rule: "container-image-pull-policy", object: / (StatefulSet|Deployment|CronJob|Job) /, reason: pull },
  {
    rule: "pod-probes-identical",
    object: / Deployment \S+-service-/,
    reason: "Whether it works is one question. Requests come over NATS, so that no Service asks whether it is ready.",
  },
  {
    rule: "deployment-replicas",
    object: / Deployment \S+-backlog-/,
    reason: "It counts what waits, once for all: while it starts anew the autoscaler keeps the count that it has.",
  },
  { rule: "deployment-has-host-podantiaffinity", object: / Deployment /, reason: spread },
  { rule: "statefulset-has-host-podantiaffinity", object: / StatefulSet /, reason: spread, chart: "there" },
  ...["networkpolicy-targets-pod", "service-targets-pod"].map((rule) => ({
    rule,
    object: /-core (NetworkPolicy|Service) /,
    reason: "The chart makes the pods of servers.",
    chart: "missing" as const,
  })),
];
