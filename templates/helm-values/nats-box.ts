import { clusterSecrets, loginKey, ports, streamsInbox, type UserTopology } from "../../model/topology";
import { BACKUP_INBOX } from "../../runtime/backup/contract";
import { authorityKey, volumeMountPatch, volumePatch } from "./mounts";
import { imageOf, small, unprivileged, user } from "./pod";
import type { HelmValuesProps } from "./props";

const folders = { keys: "/etc/natsform/keys", authorities: "/etc/natsform/authorities", home: "/home/nats" };

/**
 * A pod with NATS's command line in it and a context for each of the named users. The contexts hold paths alone: keys
 * come from the Secret of the cluster, those of these users and no others.
 *
 * @throws when a user is none of the topology
 */
export function natsBoxValues({ topology, cluster }: HelmValuesProps): Record<string, unknown> {
  const { natsBox, namespace, clusterDomain } = cluster.platform;
  if (!natsBox) return { enabled: false };
  const users = natsBox.users.map((name) => {
    const found = topology.identity.users.find((one) => one.name === name);
    if (!found) throw new Error(`nats-box: no user ${name}`);
    return found;
  });
  const operator = topology.identity.mode === "operator";
  const url = `tls://${cluster.name}.${namespace}.svc.${clusterDomain}:${ports.client}`;
  const secrets = clusterSecrets(cluster.name);
  const mounts = [
    {
      volume: "keys",
      secret: secrets.servers,
      folder: folders.keys,
      items: users.map(({ name }) => asFile(loginKey(topology, name))),
    },
    {
      volume: "authorities",
      secret: secrets.authorities,
      folder: folders.authorities,
      items: [{ key: authorityKey("internal"), path: "ca.crt" }],
    },
  ];
  const contextOf = (one: UserTopology) => ({
    url,
    [operator ? "creds" : "nkey"]: `${folders.keys}/${loginKey(topology, one.name)}`,
    ca: `${folders.authorities}/ca.crt`,
    inbox_prefix: inboxOf(one.name),
  });
  return {
    enabled: true,
    // The chart's own context would be a user that no server knows.
    contexts: {
      ...Object.fromEntries(users.map((one) => [one.name, { merge: contextOf(one) }])),
      default: null,
    },
    defaultContextName: natsBox.users[0],
    container: {
      ...imageOf(cluster.platform.images.natsBox),
      env: { XDG_CONFIG_HOME: `${folders.home}/.config`, XDG_DATA_HOME: folders.home, HOME: folders.home },
      merge: { securityContext: unprivileged, resources: small(cluster.platform), workingDir: folders.home },
      patch: [
        ...volumeMountPatch(mounts),
        ...writable.map(({ name, folder }) => ({
          op: "add",
          path: "/volumeMounts/-",
          value: { name, mountPath: folder },
        })),
      ],
    },
    podTemplate: {
      merge: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      },
      patch: [
        ...volumePatch(mounts),
        ...writable.map(({ name }) => ({ op: "add", path: "/spec/volumes/-", value: { name, emptyDir: {} } })),
      ],
    },
    serviceAccount: { enabled: true, merge: { automountServiceAccountToken: false } },
  };
}

const asFile = (key: string) => ({ key, path: key });

/** Nothing else in the container can be written to; both end with the pod. */
const writable = [
  { name: "home", folder: folders.home },
  { name: "tmp", folder: "/tmp" },
];

/** Users that may subscribe to answers on one prefix alone. */
function inboxOf(name: string): string | undefined {
  if (name.startsWith("streams-")) return streamsInbox;
  return name.startsWith("backup-") ? BACKUP_INBOX : undefined;
}
