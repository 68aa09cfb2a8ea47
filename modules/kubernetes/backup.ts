import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";
import type { BackupTopology } from "../../model/topology";
import { backupEnvironment } from "../../templates/backup-environment";
import { addDrill } from "./backup-drill";
import {
  type AccountBackup,
  backupContainer,
  backupJob,
  backupScope,
  program,
  storage,
  storedSite,
} from "./backup-job";
import { addPrune, pruneAccount } from "./backup-prune";
import { authoritiesMount, connectionOf, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";

/**
 * A backup of every stream of each account on the cluster's schedule, and on another one the drill of the last; and what
 * removes old ones.
 */
export class Backups extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, backup: BackupTopology) {
    super(scope, id);
    const { namespace, names, topology, cluster } = context;
    const { annotations } = cluster.platform.backupAccess;
    // The cloud grants rights to a pod by annotations, and needs no token of Kubernetes in it.
    new ServiceAccountV1(this, "account", {
      metadata: { name: names.backup, namespace, labels: labelsOf(context, program), annotations },
      automountServiceAccountToken: false,
    });
    pruneAccount(this, context);
    for (const { name: account } of topology.identity.accounts.filter(({ jetstream }) => jetstream)) {
      const one = { context, backup, account };
      addBackup(this, one);
      addPrune(this, one);
      if (backup.drill) addDrill(this, one, backup.drill);
    }
  }
}

function addBackup(scope: Construct, one: AccountBackup): void {
  const { context, backup, account } = one;
  const mounts = [authoritiesMount(context), programKeys(context, program, account)];
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
          ...backupContainer(one, variablesOf(one), volumeMount),
          args: ["backup"],
        },
      ],
    },
  });
}

const variablesOf = (one: AccountBackup) =>
  backupEnvironment(backupScope(one), { ...connectionOf(one.context, `backup-${one.account}`), ...storedSite })
    .variables;
