import { z } from "zod";

const text = z.string().optional().catch(undefined);

/** Fields of an event that are logged; they decide nothing, so that no event can be wrong. */
const Event = z
  .object({
    id: text,
    "detail-type": text,
    detail: z
      .object({
        taskArn: text,
        group: text,
        lastStatus: text,
        desiredStatus: text,
        healthStatus: text,
        version: z.number().optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  })
  .catch({});

export const eventSummary = (event: unknown): z.output<typeof Event> => Event.parse(event);
