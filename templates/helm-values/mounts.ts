import { type ClusterTopology, clusterSecrets, type IssuerId, type Topology } from "../../model/topology";

/** A file of a Secret, and the name that it has in the folder it is mounted to. */
interface MountedSecret {
  volume: string;
  secret: string;
  folder: string;
  items?: { key: string; path: string }[];
}

/** Mounts of the servers besides the chart's own: authorities, and the credentials for a hub. */
export function extraMounts(topology: Topology, cluster: ClusterTopology): MountedSecret[] {
  const secrets = clusterSecrets(cluster.name);
  const { leafLinks } = cluster;
  if (leafLinks.length === 0) return [authorities(secrets.authorities)];
  const operator = topology.identity.mode === "operator";
  return [
    authorities(secrets.authorities),
    { volume: "leaf-remote-tls", secret: secrets.certificate("leaf-remote"), folder: "/etc/nats-certs/leaf-remote" },
    {
      volume: "leaf-credentials",
      secret: secrets.servers,
      folder: "/etc/nats-creds",
      items: leafLinks.map(({ user }) =>
        operator ? { key: `creds-${user}`, path: `${user}.creds` } : { key: `include-${user}`, path: `${user}.conf` },
      ),
    },
  ];
}

const authorities = (secret: string): MountedSecret => ({ volume: "authorities", secret, folder: "/etc/nats-ca-cert" });

/** Key of an authority's certificate in the Secret of the authorities. */
export const authorityKey = (issuer: IssuerId) => `${issuer}.crt`;

/** Patches, not merges: a merged list would replace the chart's own. */
export const volumePatch = (mounts: readonly MountedSecret[]) =>
  mounts.map(({ volume, secret, items }) => ({
    op: "add",
    path: "/spec/volumes/-",
    value: { name: volume, secret: { secretName: secret, ...(items && { items }) } },
  }));

export const volumeMountPatch = (mounts: readonly MountedSecret[]) =>
  mounts.map(({ volume, folder }) => ({
    op: "add",
    path: "/volumeMounts/-",
    value: { name: volume, mountPath: folder, readOnly: true },
  }));
