import { isPinned } from "../../model/config/images";
import type { KubernetesPlatform, Topology } from "../../model/topology";
import { quantities, smallRequest } from "../kubernetes-requests";

/** Security context that Pod Security `restricted` requires of every container, with a read-only root file system. */
export const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/**
 * The most that a container may write to its node, in MiB. Its log files count: a kubelet keeps five of 10 MiB, those
 * of some clouds five of 50, and each may grow beyond that before it is rotated. A pod above its limit is evicted,
 * whatever its disruption budget is, and servers log alike: all of them would go at about the same time. Their file
 * systems are read-only, so only an error comes near the limit.
 */
export const diskLimitMiB = 1024;

/** Request and limit of a container, in the form for the platform's nodes. */
export function resourcesOf(
  { ephemeralStorage }: KubernetesPlatform,
  requests: { cpu: string; memory: string },
  limits: { cpu: string; memory: string } = requests,
) {
  const disk = (most: string) => ephemeralStorage && { "ephemeral-storage": most };
  return { requests: { ...requests, ...disk("64Mi") }, limits: { ...limits, ...disk(`${diskLimitMiB}Mi`) } };
}

/** For programs that are idle most of the time. */
export const small = (platform: KubernetesPlatform) =>
  resourcesOf(platform, quantities(smallRequest), { cpu: "200m", memory: "128Mi" });

/** A number, since images of one's own may know other names; above those that nodes give to their own users. */
export const user = 10_000;

/** The chart's values of an image that is named by digest. The chart's own `digest` would leave the tag out. */
export const imageOf = (pinned: string | undefined) => pinned && { image: { fullImageName: pinned } };

/** The container of the server. */
export function containerValues({ nats }: Topology, platform: KubernetesPlatform): Record<string, unknown> {
  const memory = `${Math.floor(platform.memory / 2 ** 20)}Mi`;
  const cpu = `${Math.round(platform.cpu * 1000)}m`;
  return {
    image: { repository: platform.images.nats, tag: `${nats.version}-alpine` },
    ...(isPinned(platform.images.nats) && imageOf(platform.images.nats)),
    env: { GOMEMLIMIT: `${Math.floor((platform.memory * heapShare) / 2 ** 20)}MiB` },
    // Request and limit are the same: a server that is killed for memory that others took is a server lost.
    resources: resourcesOf(platform, { cpu, memory }),
    merge: {
      securityContext: unprivileged,
      // A full check waits for streams that clients made, and may never end; so do those of the running server.
      startupProbe: { httpGet: { path: serverOnly, port: "monitor" }, periodSeconds: 5, failureThreshold: 180 },
      readinessProbe: { httpGet: { path: serverOnly, port: "monitor" }, initialDelaySeconds: 1, periodSeconds: 5 },
      // Fails when the disk was full: JetStream then stays off until the server is restarted.
      livenessProbe: { httpGet: { path: "/healthz?js-enabled-only=true", port: "monitor" } },
    },
  };
}

/** Of the memory: beyond it Go collects garbage more often, and the rest is for stacks and what the kernel counts. */
const heapShare = 0.8;
const serverOnly = "/healthz?js-server-only=true";

/** The pod of a server. */
export function podValues(platform: KubernetesPlatform): Record<string, unknown> {
  const spread = { maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" };
  return {
    // Without the reloader servers do not learn of a new configuration: then they are restarted for each.
    configChecksumAnnotation: !platform.reloader,
    topologySpreadConstraints: {
      "kubernetes.io/hostname": spread,
      ...(platform.zones > 1 && { "topology.kubernetes.io/zone": spread }),
    },
    merge: {
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: platform.terminationGraceSeconds,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: user,
          runAsGroup: user,
          fsGroup: user,
          fsGroupChangePolicy: "OnRootMismatch",
          seccompProfile: { type: "RuntimeDefault" },
        },
      },
    },
  };
}
