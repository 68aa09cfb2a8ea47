import { CronJobV1, type CronJobV1SpecJobTemplateSpecTemplateSpec } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import type { Construct } from "constructs";
import { type BackupTopology, backupKeySecret } from "../../model/topology";
import { RUN_SECONDS } from "../../runtime/backup/contract";
import type { BackupScope, StoredSite } from "../../templates/backup-environment";
import { programRequests, quantities } from "../../templates/kubernetes-requests";
import { keyFile } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { type MountedFiles, volumeMounts, volumes } from "./pod";
import { jobPod, type ProgramContainerProps, programContainer } from "./program";

/** Image and container of every backup command. */
export const program = "backup";

/** A cluster's backups of one account. */
export interface AccountBackup {
  readonly context: KubernetesContext;
  readonly backup: BackupTopology;
  readonly account: string;
}

/** Keys of the deployed secrets that open backups. */
export const backupKeys = ({ encrypt }: BackupTopology): string[] => (encrypt ? [backupKeySecret] : []);

/** Site of every backup command: the file of the key that decrypts. */
export const storedSite: StoredSite<never> = { keys: { file: keyFile(backupKeySecret) } };

/** Scope of the backups. */
export const backupScope = ({ context, backup, account }: AccountBackup): BackupScope => ({
  topology: context.topology,
  cluster: context.cluster,
  backup,
  account,
});

/** Mounts of the program's container: its files, and a folder for its own use. */
export function storage({ context, backup }: AccountBackup, mounts: readonly MountedFiles[], readOnly = false) {
  const { claim } = context.cluster.platform.backupAccess;
  // `file://` is a volume: nothing else in a container outlives it.
  const folder = /^file:\/\/(\/[^/]+)/.exec(backup.to)?.[1];
  return {
    volume: [
      ...volumes(mounts),
      { name: "work", emptyDir: {} },
      ...(folder && claim ? [{ name: "target", persistentVolumeClaim: { claimName: claim } }] : []),
    ],
    volumeMount: [
      ...volumeMounts(mounts),
      { name: "work", mountPath: "/tmp" },
      ...(folder && claim ? [{ name: "target", mountPath: folder, readOnly }] : []),
    ],
  };
}

/**
 * The program's container, with the variables of the Secret for the target, where there is one.
 *
 * @param access identity at the target
 */
export function backupContainer(
  { context }: AccountBackup,
  variables: ProgramContainerProps["variables"],
  volumeMount: ProgramContainerProps["volumeMount"],
  access: { secret?: string } = context.cluster.platform.backupAccess,
) {
  const { secret } = access;
  return {
    ...programContainer(context, program, { ...quantities(programRequests.backup), variables, volumeMount }),
    envFrom: secret ? [{ secretRef: { name: secret } }] : [],
  };
}

export interface BackupJobProps {
  name: string;
  schedule: string;
  /** Suffix of the program's name, to distinguish pods. */
  component: string;
  /** Times that a run which failed is repeated. */
  retries: number;
  /** @default that of backups */
  serviceAccount?: string;
  pod: CronJobV1SpecJobTemplateSpecTemplateSpec;
}

/** The program ends a run by itself; this is for a pod that cannot start, for a key that was not pushed. */
const deadlineSeconds = RUN_SECONDS + 600;

/** Runs the program on a schedule. A run that does not finish all of its work is a Job that failed. */
export function backupJob(scope: Construct, id: string, { context }: AccountBackup, props: BackupJobProps): void {
  const { names, namespace } = context;
  const { name, schedule, component, retries, pod, serviceAccount = names.backup } = props;
  const labels = { ...labelsOf(context, program), "app.kubernetes.io/component": component };
  new CronJobV1(scope, id, {
    metadata: { name, namespace, labels },
    spec: {
      schedule,
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: retries,
          activeDeadlineSeconds: deadlineSeconds,
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: serviceAccount,
              ...jobPod,
              ...pod,
            },
          },
        },
      },
    },
  });
}
