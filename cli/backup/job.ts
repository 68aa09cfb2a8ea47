import { z } from "zod";
import type { Command } from "../../runtime/backup/settings";

/** Container of the program, in every pod that works with backups. */
export const container = "backup";

const Variable = z.looseObject({ name: z.string() });
const Container = z.looseObject({ name: z.string(), env: z.array(Variable).default([]) });
const Pod = z.looseObject({ containers: z.array(Container) });

/** What is read of a CronJob; everything else goes into its Jobs as it is. */
export const CronJob = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    jobTemplate: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).optional() }).default({}),
      spec: z.looseObject({ template: z.looseObject({ spec: Pod }) }),
    }),
  }),
});
export type CronJob = z.output<typeof CronJob>;

/** How long a Job stays to be looked at. */
const keptSeconds = 24 * 3600;

/**
 * A Job that does a command with all that the CronJob's runs have: image, access to the target, keys, login. It is tried
 * once: whoever started it is there to see why it failed.
 *
 * @param variables besides those of the CronJob
 */
export function jobOf({ metadata, spec }: CronJob, command: Command, variables: Readonly<Record<string, string>>) {
  const { jobTemplate } = spec;
  const { template } = jobTemplate.spec;
  const added = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const containers = template.spec.containers.map((one) =>
    one.name === container
      ? { ...one, args: [command], env: [...one.env.filter(({ name }) => !(name in variables)), ...added] }
      : one,
  );
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { generateName: `${metadata.name}-${command}-`, labels: jobTemplate.metadata.labels },
    spec: {
      ...jobTemplate.spec,
      backoffLimit: 0,
      ttlSecondsAfterFinished: keptSeconds,
      template: { ...template, spec: { ...template.spec, containers } },
    },
  };
}
