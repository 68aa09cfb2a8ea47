/** Namespace in CloudWatch of what the program publishes. */
export const BACKLOG_NAMESPACE = "natsform/backlog";

/** Metrics of a service in CloudWatch. */
export const BACKLOG_METRICS = {
  /** Messages that wait for it. */
  waiting: "Backlog",
  /** The same for each task that ECS wants of it. */
  perTask: "BacklogPerTask",
  /** Messages that wait while ECS wants no task of it; 0 while it wants some. */
  withoutTask: "BacklogWithoutTask",
} as const;

export const backlogDimensions = (environment: string, cluster: string, service: string) => ({
  Environment: environment,
  Cluster: cluster,
  Service: service,
});

/** Messages that wait for a service, for Prometheus, which sets `service` itself: the label is `nats_service`. An autoscaler of Kubernetes reads it as an external metric. */
export const BACKLOG_GAUGE = "natsform_service_backlog";
