import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { UserError } from "../../core/project";
import { askVault } from "../preflight/vault";
import { readSynthesized } from "../synthesized";
import { type DeployTarget, stackFolder } from "../target";
import { terraform } from "../terraform";
import { refuseFailure } from "../terraform-messages";
import { clusterAccess } from "./cluster";
import {
  type ExistingObject,
  foreignObjects,
  kinds,
  ownedObjects,
  type SharedObject,
  wantedObjects,
} from "./shared-objects";

/**
 * Names of namespaces, mounts and policies are those of the whole Kubernetes cluster or Vault: another deployment of the
 * same name would fail half-way, or write over the rights of the first. Nothing was made then.
 *
 * @throws UserError with everything that is somebody else's
 */
export async function refuseForeignObjects(target: DeployTarget, stacks: readonly KubernetesStack[]): Promise<void> {
  const pki = stacks.filter(({ layer }) => layer === "pki");
  const owned: SharedObject[] = [];
  for (const { id } of pki) {
    const shown = await terraform(stackFolder(target, id), ["show", "-json"]);
    refuseFailure(id, shown);
    owned.push(...ownedObjects(JSON.parse(shown.text)));
  }
  const found: string[] = [];
  for (const { id, cluster } of pki) {
    const wanted = wantedObjects(readSynthesized(target, id));
    found.push(...foreignObjects(wanted, owned, await existingObjects(target, cluster, wanted)));
  }
  if (found.length > 0)
    throw new UserError(
      [...new Set(found)].join("; "),
      "nothing was changed; wait for what is being deleted, take another name, namespace or mount beside another deployment, and import what a deployment of yours made that was cut off",
    );
}

const Live = z.object({
  metadata: z.object({
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});

async function existingObjects(
  target: DeployTarget,
  cluster: string,
  wanted: readonly SharedObject[],
): Promise<ExistingObject[]> {
  const { kubectl } = clusterAccess(target, cluster);
  const found: ExistingObject[] = [];
  for (const { kind, name } of wanted) {
    if (kind.startsWith("kubernetes_")) {
      const text = await kubectl.text("get", kinds[kind], name, "--ignore-not-found", "--output", "json");
      if (text === "") continue;
      const { uid, deletionTimestamp, labels } = Live.parse(JSON.parse(text)).metadata;
      const partOf = labels["app.kubernetes.io/part-of"];
      found.push({ kind, name, uid, terminating: deletionTimestamp !== undefined, partOf });
    } else if (await isInVault(target, kinds[kind], name)) found.push({ kind, name });
  }
  return found;
}

/** False too where the token may not look: then Vault itself refuses, or not. */
async function isInVault({ env }: DeployTarget, collection: string, name: string): Promise<boolean> {
  const tuned = collection === "sys/policies/acl" ? "" : "/tune";
  const { status } = await askVault(env, "GET", `${collection}/${name}${tuned}`);
  return status === 200;
}
