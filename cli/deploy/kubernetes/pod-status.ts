import { z } from "zod";

const State = z.object({
  running: z.object({ startedAt: z.string().optional() }).optional(),
  waiting: z.object({ reason: z.string(), message: z.string().optional() }).optional(),
  terminated: z.object({ exitCode: z.number(), message: z.string().optional() }).optional(),
});

/** The parts of a pod's status that are read. */
export const PodStatus = z
  .object({
    phase: z.string().optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
    containerStatuses: z
      .array(z.object({ name: z.string(), ready: z.boolean().optional(), state: State.default({}) }))
      .default([]),
  })
  .prefault({});
export type PodStatus = z.output<typeof PodStatus>;
