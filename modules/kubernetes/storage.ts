import { StorageClassV1 } from "@cdktf/provider-kubernetes/lib/storage-class-v1";
import type { Construct } from "constructs";
import { isFirstWith, type KubernetesContext, labelsOf } from "./context";

/** Drivers and parameters of the clouds' solid-state disks. */
const disks = {
  gke: {
    provisioner: "pd.csi.storage.gke.io",
    parameters: (regional: boolean) => ({ type: "pd-ssd", ...(regional && { "replication-type": "regional-pd" }) }),
  },
  eks: { provisioner: "ebs.csi.aws.com", parameters: () => ({ type: "gp3", encrypted: "true" }) },
};

/**
 * The class of JetStream's volumes. On clouds that natsform knows it is made; elsewhere it has to exist.
 *
 * @returns its name; `undefined` without JetStream
 */
export function addStorageClass(scope: Construct, context: KubernetesContext): string | undefined {
  const desired = context.config.jetstream?.storageClass;
  const { flavor } = context.cluster.platform;
  if (!desired || flavor === "generic" || !desired.create) return desired?.name;
  // Classes are of the whole Kubernetes cluster.
  const classOf = ({ name }: { name: string }) => context.environment.clusters[name]?.jetstream?.storageClass.name;
  if (!isFirstWith(context, classOf)) return desired.name;
  const { provisioner, parameters } = disks[flavor];
  new StorageClassV1(scope, "storage-class", {
    metadata: { name: desired.name, labels: labelsOf(context) },
    storageProvisioner: provisioner,
    parameters: parameters(desired.regional),
    // A volume that remains after its claim was deleted can be restored.
    reclaimPolicy: "Retain",
    // In the zone of the pod, not in an arbitrary one.
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  });
  return desired.name;
}
