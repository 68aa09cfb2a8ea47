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
      ? [{ at: pathText("nats", "maxPayload"), message: `messages of up to ${bytes(topology.nats.maxPayloadBytes)}` }]
      : [],
};

const pending: EnvironmentRule = {
  id: "payload-exceeds-pending",
  severity: "error",
  title: "Messages may be larger than a connection's buffer",
  reason: "nats-server does not start: max_payload must not exceed max_pending, which is 64 MiB.",
  fix: "use 64MiB at most, better 8MiB",
  check: ({ topology }) =>
    topology.nats.maxPayloadBytes > 64 * mib
      ? [{ at: pathText("nats", "maxPayload"), message: `messages of up to ${bytes(topology.nats.maxPayloadBytes)}` }]
      : [],
};

/** Switches of the 2.14 line, by server/feature_flags.go. */
const featureFlags = ["js_ack_fc_v2", "js_raft_delete_range"];

const unknownFlag: EnvironmentRule = {
  id: "feature-flag-unknown",
  severity: "warning",
  title: "A feature flag does not exist",
  reason: "nats-server takes any name, logs it as unsupported and does nothing.",
  fix: `the flags of 2.14 are ${featureFlags.join(" and ")}`,
  check: ({ topology }) =>
    topology.nats.version.startsWith("2.14.")
      ? Object.keys(topology.nats.featureFlags ?? {})
          .filter((flag) => !featureFlags.includes(flag))
          .map((flag) => ({
            at: pathText("nats", "featureFlags", flag),
            message: `nats-server ${topology.nats.version} has no flag ${flag}`,
          }))
      : [],
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
