import { type ConfObject, deployedDigest, platformSite, serverConf } from "../nats-conf";
import { asConf, chartConf } from "./chart-conf";
import { configValues } from "./config";
import { exporterValues } from "./exporter";
import { serviceAnnotations } from "./ingress";
import { isMap, merged } from "./merged";
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
    podTemplate: { ...podValues(platform), patch: volumePatch(mounts) },
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
  const all = merged(values, withPatches(values, over));
  // Of what the chart makes of all values: a key that a server refuses on reload may be among those of one's own.
  const made = asConf(chartConf(all, { namespace: platform.namespace }));
  const marked = { ...made, ...ownTls(over) };
  return {
    ...merged(all, restartMark(deployedDigest(marked, props))),
    ...(resources.length > 0 && { extraResources: resources }),
  };
}

/** Patches of one's own come after natsform's, without which the files of the authorities would be missing. */
function withPatches(values: HelmValues, over: HelmValues): HelmValues {
  return Object.fromEntries(
    Object.entries(over).map(([key, value]) => {
      const own = values[key];
      if (key === "patch" && Array.isArray(own) && Array.isArray(value)) return [key, [...own, ...value]];
      return [key, isMap(own) && isMap(value) ? withPatches(own, value) : value];
    }),
  );
}

/**
 * What values of one's own put into TLS blocks. That files and names of certificates are reloaded was measured; what a running
 * server does with any other of their keys was not, so pods are replaced.
 */
function ownTls(over: HelmValues): { own_tls?: ConfObject } {
  const own = Object.entries(isMap(over.config) ? over.config : {}).flatMap(([name, block]) => {
    const { merge, patch } = isMap(block) && isMap(block.tls) ? block.tls : {};
    return merge === undefined && patch === undefined ? [] : [[name, { merge, patch }] as const];
  });
  return own.length > 0 ? { own_tls: asConf(Object.fromEntries(own)) } : {};
}

/** Pods are replaced for what a reload cannot change, and for nothing else. */
const restartMark = (digest: string): HelmValues => ({
  podTemplate: { merge: { metadata: { annotations: { "natsform/restart-digest": digest } } } },
});

/** Volumes are deleted by operators, never by a change of the release. */
const keepVolumes = { whenDeleted: "Retain", whenScaled: "Retain" };
