import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import type { Construct } from "constructs";
import { pruneEnvironment } from "../../templates/backup-environment";
import {
  type AccountBackup,
  backupContainer,
  backupJob,
  backupKeys,
  backupScope,
  program,
  storage,
  storedSite,
} from "./backup-job";
import { keysMount } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";

/** Rights at the target of what removes old backups; `undefined` where nothing of natsform's does. */
export function pruneAccess({ cluster }: KubernetesContext) {
  const { prune } = cluster.platform.backupAccess;
  // Whoever can write to a volume can delete there: it takes no other identity.
  return prune ?? (cluster.backup?.to.startsWith("file:") ? { annotations: {} } : undefined);
}

/** The ServiceAccount of the pods that remove old backups. */
export function pruneAccount(scope: Construct, context: KubernetesContext): void {
  const access = pruneAccess(context);
  if (!access) return;
  const { names, namespace } = context;
  new ServiceAccountV1(scope, "prune-account", {
    metadata: { name: names.prune, namespace, labels: labelsOf(context, program), annotations: access.annotations },
    automountServiceAccountToken: false,
  });
}

/** Removes what the retention no longer keeps, in a pod that logs in nowhere, as an identity that makes no backups. */
export function addPrune(scope: Construct, one: AccountBackup): void {
  const { context, backup, account } = one;
  const access = pruneAccess(context);
  if (!access) return;
  const { names } = context;
  const mounts = backup.encrypt ? [keysMount(context, backupKeys(backup))] : [];
  const { volume, volumeMount } = storage(one, mounts);
  const { variables } = pruneEnvironment(backupScope(one), storedSite);
  backupJob(scope, `${account}-prune`, one, {
    name: names.pruneOf(account),
    schedule: backup.schedule,
    component: "prune",
    retries: 1,
    serviceAccount: names.prune,
    pod: { volume, container: [{ ...backupContainer(one, variables, volumeMount, access), args: ["prune"] }] },
  });
}
