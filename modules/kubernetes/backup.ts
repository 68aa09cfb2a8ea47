import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";
import type { BackupEnv } from "../../runtime/backup/env";
import type { ProgramEnv } from "../terraform/program-env";
import { authoritiesMount, authorityFile, clientUrl, keyFile, keysMount, programImage } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { environment, resources, restrictedContainer, restrictedPod, volumeMounts, volumes } from "./pod";

const program = "backup";

/** A backup of every stream of each account, on the cluster's schedule. */
export class Backups extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, backup: BackupTopology) {
    super(scope, id);
    const { namespace, names, topology, cluster } = context;
    const labels = labelsOf(context, program);
    const { annotations } = cluster.platform.backupAccess;
    const metadata = { name: names.backup, namespace, labels };
    // The cloud's own way of lending rights to a pod goes by annotations, and needs no token of Kubernetes in it.
    new ServiceAccountV1(this, "account", {
      metadata: { ...metadata, annotations },
      automountServiceAccountToken: false,
    });
    for (const { name: account } of topology.identity.accounts.filter(({ jetstream }) => jetstream)) {
      const name = `${names.backup}-${account.toLowerCase().replaceAll("_", "-")}`;
      new CronJobV1(this, account, {
        metadata: { ...metadata, name },
        spec: {
          schedule: backup.schedule,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            metadata: { labels },
            spec: { backoffLimit: 1, template: { metadata: { labels }, spec: podOf(context, backup, account) } },
          },
        },
      });
    }
  }
}

type BackupTopology = NonNullable<KubernetesContext["cluster"]["backup"]>;

function podOf(context: KubernetesContext, backup: BackupTopology, account: string) {
  const { names, topology, cluster } = context;
  const key = topology.identity.mode === "operator" ? `creds-backup-${account}` : `user-backup-${account}`;
  const mounts = [authoritiesMount(context), keysMount(context, [key])];
  const { claim, secret } = cluster.platform.backupAccess;
  // `file://` is a volume: nothing else in a container outlives it.
  const folder = /^file:\/\/(\/[^/]+)/.exec(backup.to)?.[1];
  return {
    serviceAccountName: names.backup,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Never",
    securityContext: restrictedPod,
    volume: [
      ...volumes(mounts),
      { name: "work", emptyDir: {} },
      ...(folder && claim ? [{ name: "target", persistentVolumeClaim: { claimName: claim } }] : []),
    ],
    container: [
      {
        name: program,
        image: programImage(context, program),
        args: ["backup"],
        securityContext: restrictedContainer,
        resources: resources(context, "100m", "512Mi"),
        env: environment(variablesOf(context, backup, account, key)),
        envFrom: secret ? [{ secretRef: { name: secret } }] : [],
        volumeMount: [
          ...volumeMounts(mounts),
          { name: "work", mountPath: "/tmp" },
          ...(folder && claim ? [{ name: "target", mountPath: folder }] : []),
        ],
      },
    ],
  };
}

function variablesOf(
  context: KubernetesContext,
  { to, retentionMs }: BackupTopology,
  account: string,
  key: string,
): ProgramEnv<typeof BackupEnv> {
  const { topology, cluster } = context;
  const login = keyFile(key);
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...(topology.identity.mode === "operator" ? { NATS_CREDS_FILE: login } : { NATS_NKEY_SEED_FILE: login }),
    BACKUP_ENVIRONMENT: topology.environment,
    BACKUP_CLUSTER: cluster.name,
    BACKUP_ACCOUNT: account,
    BACKUP_TO: to,
    BACKUP_RETENTION_SECONDS: String(Math.floor(retentionMs / 1000)),
  };
}
