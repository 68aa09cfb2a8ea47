import { parse } from "yaml";
import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { UserError } from "../../core/project";
import { readSynthesized } from "../synthesized";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import {
  immutableChanges,
  LiveSet,
  sealedColumns,
  sealedObjects,
  serviceChanges,
  serviceNames,
} from "./immutable-changes";

const Synthesized = z.object({
  resource: z.object({ helm_release: z.record(z.string(), z.object({ values: z.array(z.string()).min(1) })) }),
});

const fix = 'nothing was changed; "Volumes grow" in docs/runbooks/kubernetes-servers.md says how they are';

/**
 * Refuses values with which Helm would end half-way: Kubernetes changes neither volume claims and selectors of a StatefulSet, nor
 * addresses of a Service, nor anything of what is immutable. Nothing was written then.
 *
 * @throws UserError with all of them
 */
export async function refuseImmutable(target: DeployTarget, { id, cluster: name }: KubernetesStack): Promise<void> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const get = async (kind: string, object: string) => {
    const text = await kubectl.text(...inside, "get", kind, object, "--ignore-not-found", "-o", "json");
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };
  const [release] = Object.values(Synthesized.parse(readSynthesized(target, id)).resource.helm_release);
  const values: unknown = parse(unescapeTemplate(release?.values[0] ?? ""));
  // Without a set, claims are made as they are wanted: so it is deleted, and its pods left, to change them.
  const set = await get("statefulset", names.release);
  const changes = set === undefined ? [] : immutableChanges(LiveSet.parse(set), values);
  const services = new Map<string, unknown>();
  for (const key of Object.keys(serviceNames))
    services.set(key, await get("service", serviceNames[key as keyof typeof serviceNames](names.release)));
  const own = ["--selector", "app.kubernetes.io/managed-by in (Helm, natsform)", "-o", `jsonpath=${sealedColumns}`];
  const lines = await kubectl.text(...inside, "get", "configmap,secret", ...own);
  const others = [...serviceChanges(services, values), ...sealedObjects(lines)];
  if (changes.length > 0)
    throw new UserError(
      `Kubernetes does not change this of the StatefulSet ${names.release}: ${[...changes, ...others].join("; ")}`,
      fix,
    );
  if (others.length > 0)
    throw new UserError(
      `Kubernetes does not change this: ${others.join("; ")}`,
      "nothing was changed; leave the value as it was, or delete the object first: deploy makes it again",
    );
}

/** Terraform's escapes of its own syntax. */
const unescapeTemplate = (text: string) => text.replaceAll("$${", "${").replaceAll("%%{", "%{");
