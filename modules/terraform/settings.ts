import { resolve } from "node:path";

/** Settings of a synthesis besides the configuration. */
export interface SynthSettings {
  /** Folder of the project: environments/ and .natsform/ lie in it. */
  root: string;
  /** Environments to synthesize; all of the project when none is named. */
  environments: string[];
  /** Folder of the trust files, where it is not environments/. */
  trustFolder?: string;
  /** Endpoint of an emulated AWS, for which it is synthesized. Terraform gets it as `AWS_ENDPOINT_URL`. */
  emulatorEndpoint?: string;
  /** True where archives of charts lie in the project, fetched and compared; otherwise Helm fetches a version. */
  chartArchives?: boolean;
  /** True when it is synthesized to be removed: its errors are no reason to keep it. */
  destroy?: boolean;
  /** Permissions of the streams program for this run, by its own variables. */
  streamsMay?: { STREAMS_ALLOW_DATA_LOSS?: string; STREAMS_ALLOW_RECREATE?: string };
}

/** Reads the settings from the environment variables of the process. Relative paths are of the project. */
export function readSettings(env: NodeJS.ProcessEnv): SynthSettings {
  const root = resolve(env.NATSFORM_PROJECT || ".");
  return {
    root,
    environments: (env.NATSFORM_ENV ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    trustFolder: env.NATSFORM_TRUST_FOLDER ? resolve(root, env.NATSFORM_TRUST_FOLDER) : undefined,
    emulatorEndpoint: env.NATSFORM_EMULATOR_ENDPOINT || undefined,
    chartArchives: env.NATSFORM_CHART_ARCHIVES === "1",
    destroy: env.NATSFORM_DESTROY === "1",
    streamsMay: {
      STREAMS_ALLOW_DATA_LOSS: env.STREAMS_ALLOW_DATA_LOSS || undefined,
      STREAMS_ALLOW_RECREATE: env.STREAMS_ALLOW_RECREATE || undefined,
    },
  };
}
