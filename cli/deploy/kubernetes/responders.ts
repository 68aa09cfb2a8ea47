import { z } from "zod";
import { keysIn } from "../rotation-step";

/** A Deployment, with the variables of its pods: that of a cluster's responders, for one. */
export const Responders = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({
    replicas: z.number(),
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]) }),
        ),
      }),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
    })
    .prefault({}),
});
export type Responders = z.output<typeof Responders>;

/** Keys that the responders are deployed with, see `calloutKeys`. */
export const keysOf = ({ spec }: Responders): string | undefined =>
  keysIn(spec.template.spec.containers.flatMap(({ env }) => env));

/** True when every pod is of the last revision, ready or not. */
export const isUpdated = ({ metadata, status }: Responders): boolean =>
  status.observedGeneration >= metadata.generation && status.updatedReplicas === status.replicas;

/** True when as many pods as are wanted are ready, all of the last revision. @param what they are, for people */
export function judgeDeployment({ metadata, spec, status }: Responders, what: string, least = 1) {
  const { availableReplicas, updatedReplicas, observedGeneration } = status;
  const ok =
    observedGeneration >= metadata.generation &&
    spec.replicas >= least &&
    availableReplicas >= spec.replicas &&
    updatedReplicas === spec.replicas;
  return { ok, seen: `${availableReplicas} of ${spec.replicas} ${what} ready` };
}
