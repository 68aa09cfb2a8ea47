import { z } from "zod";
import { label, matching, period } from "./scalars";

/** Parts of the platform `kubernetes` other than the servers. */

/** As Kubernetes has them; whatever else is in them would stop an apply half-way. */
const labelName = matching(
  /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  "must be the name of a label such as release or example.com/team",
);
const labelValue = matching(
  /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
  'must be the value of a label: at most 63 letters, digits, "-", "_" and "."',
);
const labels = z.record(labelName, labelValue).default({});
const namespaceName = matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be the name of a namespace");

export const monitoring = z
  .strictObject({
    /** The chart's exporter of metrics for Prometheus, in each server's pod. */
    exporter: z.boolean().default(true),
    /**
     * Object by which Prometheus finds its targets: a PodMonitor or a ServiceMonitor, both of the Prometheus operator.
     */
    monitor: z.enum(["none", "pod", "service"]).default("none"),
    /** Alerts as a PrometheusRule of the Prometheus operator. */
    rules: z.boolean().default(false),
    /** A dashboard for Grafana, in a ConfigMap that its sidecar finds. */
    dashboard: z
      .strictObject({
        /** An existing namespace, where the sidecar looks in one alone. Default: the release's. */
        namespace: label.optional(),
        /** Labels by which the sidecar finds it. */
        labels: labels.prefault({ grafana_dashboard: "1" }),
      })
      .optional(),
    /** Labels by which Prometheus chooses its monitors and rules, for example `release: prometheus`. */
    labels,
    /** Pods that may read metrics and monitoring pages, for example Prometheus's; without any, nobody. */
    from: z
      .array(
        z.strictObject({
          namespace: namespaceName,
          /** Labels that the pods carry; without any, every pod of the namespace. */
          pods: labels,
        }),
      )
      .default([]),
    /** Interval at which Prometheus reads the metrics. */
    interval: period.prefault("30s"),
    /**
     * Whether an adapter hands metrics of Prometheus to autoscalers (`external.metrics.k8s.io`): natsform installs none, and without
     * it no service is scaled by what waits for it.
     */
    externalMetrics: z.boolean().default(false),
  })
  .prefault({});

/** A pod with NATS's command line in it. Everyone who may exec into the namespace's pods has what its users have. */
export const natsBox = z.strictObject({
  /** Users that it holds a context for: `sys`, `streams-<account>`, `backup-<account>`. The first one is the default. */
  users: z
    .array(matching(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "must be the name of a user such as sys or streams-APP"))
    .min(1, "must name at least one user")
    .refine((users) => new Set(users).size === users.length, "must name each user once")
    .default(["sys"]),
});

/**
 * What leads callers from outside of the Kubernetes cluster to an HTTP gateway. Both end TLS with a certificate of their own:
 * the gateway's own port is HTTP, for pods of the Kubernetes cluster and what is in front.
 */
export const httpFront = z.discriminatedUnion("kind", [
  /** An Ingress, of whatever controller. */
  z.strictObject({
    kind: z.literal("ingress"),
    /** Class of the Ingress; without it the Kubernetes cluster's default one. */
    className: label.optional(),
    /** Annotations for its controller, for example `cert-manager.io/cluster-issuer: letsencrypt`. */
    annotations: z.record(z.string().min(1), z.string()).default({}),
    /** Secret of the certificate. Default: `<cluster>-http-gateway-tls`. `false`: the controller has one of its own. */
    tlsSecret: z.union([label, z.literal(false)]).optional(),
  }),
  /** A route of the Gateway API, on a listener that exists and speaks HTTPS. */
  z.strictObject({
    kind: z.literal("route"),
    /** The Gateway that it belongs to. It has to accept routes of the cluster's namespace. */
    gateway: z.strictObject({ namespace: label, name: label, listener: label }),
  }),
]);

export const ingress = z.strictObject({
  /** Class of the Ingress; without it the Kubernetes cluster's default one. */
  className: label.optional(),
  /** Annotations for its controller, for example `cert-manager.io/cluster-issuer: letsencrypt`. */
  annotations: z.record(z.string().min(1), z.string()).default({}),
  /** Secret of the certificate. Default: `<cluster>-public-tls`. `false`: the controller has one of its own. */
  tlsSecret: z.union([label, z.literal(false)]).optional(),
});

const dnsServiceHint = "must be namespace/name of a Service, or false";
const serviceName = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  dnsServiceHint,
);
const resolver = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  "must be an IP address, or a network such as 10.0.0.0/24",
);

/** Network policies of the namespace. Ingress is always restricted; these settings are about egress. */
export const networkPolicies = z
  .strictObject({
    /** Pods reach what they need and nothing else. */
    egress: z.boolean().default(true),
    /**
     * Service of the Kubernetes cluster's DNS, `namespace/name`: its address is looked up by Terraform and allowed.
     * `false` where there is none, or where the deploying identity may not read it.
     */
    dnsService: z.union([serviceName, z.literal(false)], dnsServiceHint).default("kube-system/kube-dns"),
    /**
     * Further resolvers that pods are given, on port 53: addresses, or networks such as 10.0.0.0/24. Known without it: the
     * DNS's pods, its Service, a node's cache at 169.254.20.10 and, on GKE, 169.254.169.254.
     */
    dns: z.array(resolver).default([]),
    /** Ports of the Kubernetes API itself, behind its Service. */
    apiPorts: z.array(z.int().min(1).max(65535)).min(1).default([443, 6443]),
  })
  .prefault({});
