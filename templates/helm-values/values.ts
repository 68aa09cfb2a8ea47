import { deployedDigest, platformSite, serverConf } from "../nats-conf";
import { configValues } from "./config";
import { exporterValues } from "./exporter";
import { serviceAnnotations } from "./ingress";
import { merged } from "./merged";
import { extraMounts, volumeMountPatch, volumePatch } from "./mounts";
import { natsBoxValues } from "./nats-box";
import { containerValues, imageOf, podValues, small, unprivileged } from "./pod";
import type { HelmValuesProps } from "./props";

export type HelmValues = Record<string, unknown>;

/**
 * The values of the official chart for a cluster. They are made from the configuration that every other platform gets:
 * keys that the chart has values for are set there, and the rest of it is merged in, so that nothing is set twice.
 *
 * @throws when the trust file lacks a key of the topology
 */
export function helmValues(props: HelmValuesProps): HelmValues {
  const { topology, cluster, trust } = props;
  const { platform } = cluster;
  const [server] = cluster.servers;
  if (!server) throw new Error(`cluster ${cluster.name} has no servers`);
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  const mounts = extraMounts(topology, cluster);
  const values = {
    fullnameOverride: cluster.name,
    config: configValues(conf, props),
    container: { ...containerValues(topology, platform), patch: volumeMountPatch(mounts) },
    podTemplate: { ...podValues(platform, deployedDigest(conf, topology, trust)), patch: volumePatch(mounts) },
    reloader: {
      enabled: platform.reloader,
      ...imageOf(platform.images.reloader),
      merge: { securityContext: unprivileged, resources: small(platform) },
    },
    promExporter: exporterValues(platform),
    ...(platform.ingress && { service: { merge: { metadata: { annotations: serviceAnnotations } } } }),
    podDisruptionBudget: { enabled: true },
    serviceAccount: { enabled: true, merge: { automountServiceAccountToken: false } },
    statefulSet: { merge: { spec: { persistentVolumeClaimRetentionPolicy: keepVolumes } } },
    natsBox: natsBoxValues(props),
  };
  const { extraResources: own, ...over } = platform.chart.values;
  // A merged list would replace this one.
  const resources = [...(props.extraResources ?? []), ...[own ?? []].flat()];
  return { ...merged(values, over), ...(resources.length > 0 && { extraResources: resources }) };
}

/** Volumes are deleted by operators, never by a change of the release. */
const keepVolumes = { whenDeleted: "Retain", whenScaled: "Retain" };
