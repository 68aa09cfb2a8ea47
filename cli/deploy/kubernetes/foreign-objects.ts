import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { UserError } from "../../core/project";
import { initStack } from "../plan";
import { askVault } from "../preflight/vault";
import { type DeployTarget, stackFolder } from "../target";
import { terraform } from "../terraform";
import { refuseFailure } from "../terraform-messages";
import { clusterAccess } from "./cluster";
import { readSynthesized } from "./synthesized";

/** Kinds of objects whose names are those of the whole Kubernetes cluster or Vault, as Terraform calls them. */
const kinds = {
  kubernetes_namespace_v1: "namespace",
  kubernetes_cluster_role_binding_v1: "clusterrolebinding",
  vault_mount: "sys/mounts",
  vault_auth_backend: "sys/auth",
  vault_policy: "sys/policies/acl",
} as const;
type Kind = keyof typeof kinds;

/** An object that others may have made under the same name. */
export interface SharedObject {
  kind: Kind;
  name: string;
  /** Of objects of Kubernetes that exist. */
  uid?: string;
}
export interface ExistingObject extends SharedObject {
  terminating?: boolean;
  /** Label `app.kubernetes.io/part-of`. */
  partOf?: string;
}

const Named = z.looseObject({
  metadata: z
    .union([
      z.array(z.looseObject({ name: z.string(), uid: z.string().optional() })),
      z.looseObject({ name: z.string() }),
    ])
    .optional(),
  path: z.string().optional(),
  name: z.string().optional(),
});
const isKind = (type: string): type is Kind => Object.hasOwn(kinds, type);

function sharedObject(type: string, values: unknown): SharedObject[] {
  if (!isKind(type)) return [];
  const { metadata, path, name } = Named.parse(values);
  const [first] = [metadata ?? []].flat();
  const found = first?.name ?? path ?? name;
  // What is known at apply alone is a name of something else that is made there.
  if (found === undefined || found.includes("${")) return [];
  return [{ kind: type, name: found, ...(typeof first?.uid === "string" && { uid: first.uid }) }];
}

/** The objects that a synthesized stack makes. */
export function wantedObjects(stack: unknown): SharedObject[] {
  const { resource } = z.object({ resource: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(stack);
  return Object.entries(resource).flatMap(([type, ones]) =>
    Object.values(ones).flatMap((one) => sharedObject(type, one)),
  );
}

const State = z.object({
  values: z
    .object({
      root_module: z.object({ resources: z.array(z.object({ type: z.string(), values: z.unknown() })).default([]) }),
    })
    .optional(),
});

/** The objects that a state holds, as `terraform show -json` prints it. */
export const ownedObjects = (state: unknown): SharedObject[] =>
  State.parse(state).values?.root_module.resources.flatMap(({ type, values }) => sharedObject(type, values)) ?? [];

const called = ({ kind, name }: SharedObject) => `${kinds[kind].replace(/^sys\/|\/acl$/g, "")} ${name}`;

/** Objects that are somebody else's, or are about to go. Pure. */
export function foreignObjects(
  wanted: readonly SharedObject[],
  owned: readonly SharedObject[],
  existing: readonly ExistingObject[],
): string[] {
  return wanted.flatMap((one) => {
    const is = existing.find(({ kind, name }) => kind === one.kind && name === one.name);
    if (!is) return [];
    if (is.terminating) return [`${called(one)} is being deleted`];
    const own = owned.find(({ kind, name }) => kind === one.kind && name === one.name);
    if (own && (own.uid === undefined || own.uid === is.uid)) return [];
    return [
      `${called(one)} is there already${is.partOf ? `, of ${is.partOf}` : ""}, and not in the state of this deployment`,
    ];
  });
}

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
    await initStack(target, id);
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
