import { effectiveLists } from "../config";
import { fleetFamilies, isOnKubernetes, stackPlan } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** Services that natsform runs. */

const runsAt = (name: string, ...more: string[]) => pathText("identity", "services", name, "runs", ...more);
const fleetOf = ({ topology }: LintContext) => topology.clusters.flatMap(({ fleet }) => fleet);

const notDeployed: EnvironmentRule = {
  id: "fleet-not-deployed",
  severity: "warning",
  title: "The platform of a cluster does not run its services",
  reason: "The twin runs the service, and the deployment does not: whoever asks it finds nobody.",
  fix: "run it by other means, with what `natsform connect ENV --as NAME --deployed` prints, or choose another cluster",
  check: ({ topology }) => {
    const plan = stackPlan(topology);
    return topology.clusters
      .filter(({ name }) => !plan.some(({ cluster, family }) => cluster === name && fleetFamilies.includes(family)))
      .flatMap(({ name: cluster, fleet }) =>
        fleet.map(({ name }): Hit => ({ at: runsAt(name), message: `no stack of ${cluster} runs ${name}` })),
      );
  },
};

const single: EnvironmentRule = {
  id: "fleet-single-process",
  severity: "warning",
  title: "A service that answers requests runs once",
  reason:
    "While its machine or zone is away nobody answers, and callers get no responders. Requests are spread over all processes of a service, so a second one costs nothing but itself.",
  fix: "count: 2 or more",
  check: (context) =>
    fleetOf(context).flatMap(({ name, count }): Hit[] => {
      const serves = context.environment.identity.services[name]?.serves.length ?? 0;
      return count === 1 && serves > 0 ? [{ at: runsAt(name, "count"), message: `${name} runs once` }] : [];
    }),
};

const rightless: EnvironmentRule = {
  id: "fleet-without-rights",
  severity: "warning",
  title: "A service that natsform runs may do nothing",
  reason: "It logs in, and every publish and every subscription of it is refused. A forgotten line looks like this.",
  fix: "say what it does: serves, asks, publishes or uses",
  check: (context) =>
    fleetOf(context).flatMap(({ name }): Hit[] => {
      const service = context.environment.identity.services[name];
      if (!service) return [];
      const { publish, subscribe } = effectiveLists(service);
      const uses = Object.values(service.uses).some((used) => Object.keys(used).length > 0);
      return uses || publish.allow.length + subscribe.allow.length > 0
        ? []
        : [{ at: pathText("identity", "services", name), message: `${name} has no right` }];
    }),
};

const shortStop: EnvironmentRule = {
  id: "fleet-short-stop",
  severity: "warning",
  title: "A service is killed before the client library has drained",
  reason:
    "At SIGTERM the library waits up to 20 seconds for what is being handled, and sends the answers. What is killed meanwhile is handled and not answered, or handled twice.",
  fix: "stopTimeout: 25s or more, or a lower drainTimeoutMs in the service",
  check: (context) =>
    fleetOf(context).flatMap(({ name, stopTimeoutMs }): Hit[] =>
      stopTimeoutMs < leastStopMs
        ? [{ at: runsAt(name, "stopTimeout"), message: `${name} has ${stopTimeoutMs / 1000} s to stop` }]
        : [],
    ),
};

const zero: EnvironmentRule = {
  id: "fleet-zero-on-kubernetes",
  severity: "error",
  title: "Kubernetes scales no service from nothing",
  reason:
    "An autoscaler that may go to no pod at all is refused by the API server in the middle of an apply, unless its feature gate HPAScaleToZero is on.",
  fix: "count: 1, or acknowledge it where the feature gate is on",
  check: ({ topology }) =>
    topology.clusters
      .filter(isOnKubernetes)
      .flatMap(({ fleet }) =>
        fleet.flatMap(({ name, count, scale }): Hit[] =>
          scale && count === 0 ? [{ at: runsAt(name, "count"), message: `${name} may have no pod` }] : [],
        ),
      ),
};

const backlogUnread: EnvironmentRule = {
  id: "fleet-backlog-unread",
  severity: "warning",
  title: "An autoscaler does not see what waits for a service",
  reason:
    "On Kubernetes it reads the backlog from an adapter for external metrics, which reads it from Prometheus. Without both it says FailedGetExternalMetric, and the service follows the load of its CPU alone: messages wait while there is room for more pods.",
  fix: "let Prometheus in by platform.monitoring.from, install an adapter (docs/fleet.md) and say so by platform.monitoring.externalMetrics",
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name: cluster, fleet, platform: { monitoring } }) => {
      const lacks = [
        ...(monitoring.from.length === 0 ? ["lets no Prometheus in"] : []),
        ...(monitoring.externalMetrics ? [] : ["names no adapter for external metrics"]),
      ];
      return fleet.flatMap(({ name, scale }): Hit[] =>
        scale?.backlog && lacks.length > 0
          ? [
              {
                at: runsAt(name, "scale", "backlog"),
                message: `${name} is scaled by its backlog, and ${cluster} ${lacks.join(" and ")}`,
              },
            ]
          : [],
      );
    }),
};

/** The library's own 20 s, and time to close. */
const leastStopMs = 25_000;

export const fleetRules: readonly EnvironmentRule[] = [notDeployed, single, rightless, shortStop, zero, backlogUnread];
