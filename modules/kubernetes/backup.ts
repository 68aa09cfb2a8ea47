import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";
import { type BackupTopology, loginKey } from "../../model/topology";
import type { BackupEnv } from "../../runtime/backup/env";
import type { ProgramEnv } from "../terraform/program-env";
import { addDrill } from "./backup-drill";
import {
  type AccountBackup,
  backupContainer,
  backupJob,
  backupKeys,
  program,
  storage,
  storedVariables,
} from "./backup-job";
import { authoritiesMount, authorityFile, clientUrl, keysMount, loginVariables } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";

/** A backup of every stream of each account on the cluster's schedule, and on another one the proof of the last. */
export class Backups extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, backup: BackupTopology) {
    super(scope, id);
    const { namespace, names, topology, cluster } = context;
    const { annotations } = cluster.platform.backupAccess;
    // The cloud's own way of lending rights to a pod goes by annotations, and needs no token of Kubernetes in it.
    new ServiceAccountV1(this, "account", {
      metadata: { name: names.backup, namespace, labels: labelsOf(context, program), annotations },
      automountServiceAccountToken: false,
    });
    for (const { name: account } of topology.identity.accounts.filter(({ jetstream }) => jetstream)) {
      const one = { context, backup, account };
      addBackup(this, one);
      if (backup.drill) addDrill(this, one, backup.drill);
    }
  }
}

function addBackup(scope: Construct, one: AccountBackup): void {
  const { context, backup, account } = one;
  const login = loginKey(context.topology, `backup-${account}`);
  const mounts = [authoritiesMount(context), keysMount(context, [login, ...backupKeys(backup)])];
  const { volume, volumeMount } = storage(one, mounts);
  backupJob(scope, account, one, {
    name: context.names.backupOf(account),
    schedule: backup.schedule,
    component: "backup",
    retries: 1,
    pod: {
      volume,
      container: [
        {
          ...backupContainer(one, variablesOf(one, login), volumeMount),
          args: ["backup"],
        },
      ],
    },
  });
}

function variablesOf(one: AccountBackup, login: string): ProgramEnv<typeof BackupEnv> {
  const { context, backup } = one;
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...loginVariables(context, login),
    ...storedVariables(one),
    BACKUP_RETENTION_SECONDS: String(Math.floor(backup.retentionMs / 1000)),
  };
}
