import { z } from "zod";
import type { Command } from "../../runtime/backup/settings";

/** Container of the program, in every pod that works with backups. */
export const container = "backup";

const Variable = z.looseObject({ name: z.string() });
const Container = z.looseObject({ name: z.string(), env: z.array(Variable).default([]) });
const Pod = z.looseObject({ containers: z.array(Container) });

/** The parts of a CronJob that are read; everything else goes into its Jobs unchanged. */
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

/** Seconds that a finished Job is kept for inspection. */
const keptSeconds = 24 * 3600;

/**
 * A Job that runs a command with everything that the CronJob's runs have: image, access to the target, keys, login. It
 * is tried once: the operator who started it sees why it failed.
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
