import { type ClusterTopology, isOnKubernetes } from "../topology";
import { type EnvironmentRule, pathText } from "./context";
import { bytes } from "./units";

/** Settings of all servers: the largest message, and what nats-server's switches do. */

const mib = 2 ** 20;

const large: EnvironmentRule = {
  id: "payload-large",
  severity: "warning",
  title: "Messages may be larger than NATS advises",
  reason:
    "nats-server itself warns above 8 MiB: each hop and each replica holds the whole message in memory, and everything behind it waits.",
  fix: "keep messages at 8 MiB or less; put large objects into the object store, which splits them",
  check: ({ topology }) =>
    topology.nats.maxPayloadBytes > 8 * mib && topology.nats.maxPayloadBytes <= 64 * mib
      ? [
          {
            at: pathText("nats", "maxPayload"),
            message: `messages of up to ${bytes(topology.nats.maxPayloadBytes)}`,
            acknowledgeable: topology.clusters.every(raisesPending),
          },
        ]
      : [],
};

const pending: EnvironmentRule = {
  id: "payload-exceeds-pending",
  severity: "error",
  impossible: true,
  title: "Messages may be larger than a connection's buffer",
  reason:
    "nats-server does not start: max_payload must not exceed max_pending, which is 64 MiB unless values of the chart say otherwise.",
  fix: "use 64MiB at most, better 8MiB; where the chart's values set max_pending, no more than that",
  check: ({ topology }) => {
    const { maxPayloadBytes } = topology.nats;
    const limits = topology.clusters.map(pendingBytes);
    // What stands behind a variable or a patch, its owner knows.
    const known = limits.filter((limit) => limit !== undefined);
    const isUnknown = known.length < limits.length && maxPayloadBytes > 64 * mib;
    if (known.every((limit) => maxPayloadBytes <= limit) && !isUnknown) return [];
    return [
      {
        at: pathText("nats", "maxPayload"),
        message: `messages of up to ${bytes(maxPayloadBytes)}`,
        acknowledgeable: known.every((limit) => maxPayloadBytes <= limit),
      },
    ];
  },
};

/** `max_pending` of a cluster's servers; `undefined` where values of the chart set it to what cannot be read here. */
function pendingBytes(cluster: ClusterTopology): number | undefined {
  if (!isOnKubernetes(cluster)) return 64 * mib;
  const { merge = {} } = (cluster.platform.chart.values.config ?? {}) as { merge?: Record<string, unknown> };
  const found = Object.entries(merge).find(([key]) => key.toLowerCase() === "max_pending")?.[1];
  if (found === undefined) return raisesPending(cluster) ? undefined : 64 * mib;
  const [, count, unit = "", binary] = /^(?:<<\s*)?(\d+)([KMGT])?(i?B|i)?(?:\s*>>)?$/i.exec(String(found)) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * (binary ? 1024 : 1000) ** (unit === "" ? 0 : "KMGT".indexOf(unit.toUpperCase()) + 1);
}

/** Only values of the chart set max_pending. */
const raisesPending = (cluster: ClusterTopology) =>
  isOnKubernetes(cluster) &&
  /"max_pending"|\/max_pending/i.test(JSON.stringify(cluster.platform.chart.values.config ?? {}));

/** Switches of each line, by server/feature_flags.go. */
const featureFlags: Readonly<Record<string, readonly string[]>> = {
  "2.14": ["js_ack_fc_v2", "js_raft_delete_range"],
  "2.15": ["js_ack_fc_v2", "js_api_reply_v2", "js_raft_delete_range", "js_snapshot_sources"],
};

const unknownFlag: EnvironmentRule = {
  id: "feature-flag-unknown",
  severity: "warning",
  title: "A feature flag does not exist",
  reason: "nats-server takes any name, logs it as unsupported and does nothing.",
  fix: Object.entries(featureFlags)
    .map(([line, flags]) => `the flags of ${line} are ${flags.join(", ")}`)
    .join("; "),
  check: ({ topology }) => {
    const { version, featureFlags: chosen = {} } = topology.nats;
    const known = featureFlags[version.split(".").slice(0, 2).join(".")];
    if (!known) return [];
    return Object.keys(chosen)
      .filter((flag) => !known.includes(flag))
      .map((flag) => ({
        at: pathText("nats", "featureFlags", flag),
        message: `nats-server ${version} has no flag ${flag}`,
      }));
  },
};

const proxyProtocol: EnvironmentRule = {
  id: "proxy-protocol-without-balancer",
  severity: "warning",
  title: "Clients may claim any address",
  reason:
    "With proxy_protocol a server believes the PROXY header of whoever connects. natsform puts no load balancer before its servers, so clients themselves can send one: addresses in logs, in connz and in authorization requests become theirs to choose.",
  fix: "leave nats.proxyProtocol out, unless clients can connect through a balancer of your own alone",
  check: ({ topology }) =>
    topology.nats.proxyProtocol
      ? [{ at: pathText("nats", "proxyProtocol"), message: "every client of the environment may send a PROXY header" }]
      : [],
};

export const limitRules: readonly EnvironmentRule[] = [large, pending, unknownFlag, proxyProtocol];
