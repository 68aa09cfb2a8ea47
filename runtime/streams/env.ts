import { z } from "zod";
import { serverProblems } from "../client/servers";

const text = z.string().trim().min(1);

const names = z
  .string()
  .default("")
  .transform((list) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );

const seconds = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, "must be a whole number of seconds")
    .transform(Number)
    .default(fallback);

/** Exactly one of the variables must be set; reported together with all other problems. */
function exactlyOne(...variables: string[]) {
  const check = (env: Record<string, unknown>) => variables.filter((name) => env[name] !== undefined).length === 1;
  return [
    check,
    { path: [variables[0] ?? ""], error: `set exactly one of ${variables.join(", ")}`, when: () => true },
  ] as [typeof check, object];
}

/** The environment of the streams program. Its input is what a construct has to set. */
export const StreamsEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: text.superRefine((servers, context) => {
      for (const message of serverProblems(servers)) context.addIssue({ code: "custom", message });
    }),
    /** CA certificates of the servers, where Node does not trust them: as PEM, or the path of a file with it. */
    NATS_CA: text.optional(),
    NATS_CA_FILE: text.optional(),
    NATS_NKEY_SEED: text.optional(),
    NATS_NKEY_SEED_FILE: text.optional(),
    NATS_CREDS: text.optional(),
    NATS_CREDS_FILE: text.optional(),
    /** A JSON array of `StreamSpec`. */
    STREAMS: text.optional(),
    STREAMS_FILE: text.optional(),
    /** The environment's name: the stamp on everything the program makes. */
    OWNER: text,
    /** Streams, or consumers as `STREAM/consumer`, that may lose data or be deleted as orphans; separated by commas. */
    STREAMS_ALLOW_DATA_LOSS: names,
    /** The same for what may be deleted and made anew. */
    STREAMS_ALLOW_RECREATE: names,
    /** Time for everything together, servers that are not ready yet included. */
    STREAMS_TIMEOUT_SECONDS: seconds(300),
    /** `sync_interval` of the servers; 0 stands for `always`. Success is reported when everything survives a power cut. */
    STREAMS_SYNC_INTERVAL_SECONDS: seconds(1),
    LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE", "NATS_CREDS", "NATS_CREDS_FILE"))
  .refine(...exactlyOne("STREAMS", "STREAMS_FILE"));
export type StreamsEnv = z.output<typeof StreamsEnv>;
