import { type App, TerraformStack } from "cdktf";
import { Backups } from "../modules/kubernetes/backup";
import type { KubernetesContext } from "../modules/kubernetes/context";
import { addKubernetesProvider } from "../modules/kubernetes/providers";
import { addBackend } from "../modules/terraform/backend";

/** The jobs that back up the streams, on a schedule. */
export class KubernetesBackupStack extends TerraformStack {
  constructor(app: App, context: KubernetesContext) {
    const { environment, settings, cluster, names } = context;
    super(app, names.backupStack);
    addBackend(this, environment, settings);
    addKubernetesProvider(this, cluster.platform);
    if (cluster.backup) new Backups(this, "backups", context, cluster.backup);
  }
}
