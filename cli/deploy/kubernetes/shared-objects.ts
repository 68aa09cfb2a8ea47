import { z } from "zod";

/** Kinds of objects whose names are those of the whole Kubernetes cluster or Vault, as Terraform calls them. */
export const kinds = {
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
