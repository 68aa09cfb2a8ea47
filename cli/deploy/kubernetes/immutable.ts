import { parse } from "yaml";
import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { UserError } from "../../core/project";
import { quantity } from "../preflight/kubernetes-room";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { readSynthesized } from "./synthesized";

const Claim = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    storageClassName: z.string().optional(),
    resources: z.object({ requests: z.object({ storage: z.string() }) }),
  }),
});
const LiveSet = z.object({
  spec: z.object({ serviceName: z.string(), volumeClaimTemplates: z.array(Claim).default([]) }),
});
export type LiveSet = z.output<typeof LiveSet>;

const pvc = z
  .object({ enabled: z.boolean().default(true), size: z.string(), storageClassName: z.string().nullish() })
  .optional();
/** The values of the chart from which it makes what Kubernetes does not change in a StatefulSet. */
const Values = z.object({
  fullnameOverride: z.string(),
  config: z.object({
    jetstream: z
      .object({ enabled: z.boolean(), fileStore: z.object({ enabled: z.boolean().default(true), pvc }).prefault({}) })
      .optional(),
    resolver: z.object({ enabled: z.boolean(), pvc }).optional(),
  }),
});

const Synthesized = z.object({
  resource: z.object({ helm_release: z.record(z.string(), z.object({ values: z.array(z.string()).min(1) })) }),
});

/**
 * Refuses values with which Helm would end half-way: Kubernetes changes no volume claims of a StatefulSet. Nothing was
 * written then.
 *
 * @throws UserError
 */
export async function refuseImmutable(target: DeployTarget, { id, cluster: name }: KubernetesStack): Promise<void> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const text = await kubectl.text(...inside, "get", "statefulset", names.release, "--ignore-not-found", "-o", "json");
  // Without a set, claims are made as they are wanted: so it is deleted, and its pods left, to change them.
  if (text === "") return;
  const [release] = Object.values(Synthesized.parse(readSynthesized(target, id)).resource.helm_release);
  const values: unknown = parse(unescapeTemplate(release?.values[0] ?? ""));
  const changes = immutableChanges(LiveSet.parse(JSON.parse(text)), values);
  if (changes.length > 0)
    throw new UserError(
      `Kubernetes does not change this of the StatefulSet ${names.release}: ${changes.join("; ")}`,
      'nothing was changed; "Volumes grow" in docs/runbooks/kubernetes-servers.md says how they are',
    );
}

/** Changes of a live StatefulSet that the API refuses. Pure. */
export function immutableChanges({ spec }: LiveSet, values: unknown): string[] {
  const { fullnameOverride: name, config } = Values.parse(values);
  const { jetstream, resolver } = config;
  const file = jetstream?.enabled && jetstream.fileStore.enabled ? jetstream.fileStore.pvc : undefined;
  const wanted = new Map<string, { size: string; storageClassName?: string | null }>(
    [
      [`${name}-js`, file] as const,
      [`${name}-resolver`, resolver?.enabled ? resolver.pvc : undefined] as const,
    ].flatMap(([claim, of]) => (of?.enabled ? [[claim, of] as const] : [])),
  );
  const live = new Map(spec.volumeClaimTemplates.map((claim) => [claim.metadata.name, claim.spec]));
  return [...new Set([...live.keys(), ...wanted.keys()])].flatMap((claim) => {
    const [is, should] = [live.get(claim), wanted.get(claim)];
    if (!is) return [`claim ${claim} is new`];
    if (!should) return [`claim ${claim} is left out`];
    const size = is.resources.requests.storage;
    return [
      ...(quantity(size) === quantity(should.size) ? [] : [`claim ${claim} has ${size}, wanted ${should.size}`]),
      ...((is.storageClassName ?? "") === (should.storageClassName ?? "")
        ? []
        : [`claim ${claim} is of class ${is.storageClassName}, wanted ${should.storageClassName}`]),
    ];
  });
}

/** Terraform's escapes of its own syntax. */
const unescapeTemplate = (text: string) => text.replaceAll("$${", "${").replaceAll("%%{", "%{");
