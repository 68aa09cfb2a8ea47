import { z } from "zod";
import { exactlyOne, logLevel, names, natsServers, seconds, text } from "../common/environment";

/** The environment of the streams program. Its input is what a construct has to set. */
export const StreamsEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
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
    /** The same for those that may be deleted and recreated. */
    STREAMS_ALLOW_RECREATE: names,
    /** Time for everything together, servers that are not ready yet included. */
    STREAMS_TIMEOUT_SECONDS: seconds(300),
    /**
     * `sync_interval` of the servers; 0 stands for `always`. Success is reported once everything survives a power cut.
     */
    STREAMS_SYNC_INTERVAL_SECONDS: seconds(1),
    LOG_LEVEL: logLevel,
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE", "NATS_CREDS", "NATS_CREDS_FILE"))
  .refine(...exactlyOne("STREAMS", "STREAMS_FILE"));
export type StreamsEnv = z.output<typeof StreamsEnv>;
