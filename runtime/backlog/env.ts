import { z } from "zod";
import { exactlyOne, json, logLevel, natsServers, port, seconds, text } from "../common/environment";
import { WatchedConsumer } from "./spec";

export * from "./contract";
export * from "./spec";

/** The environment of the program that counts what waits for services. Its input is what a construct has to set. */
export const BacklogEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
    /** CA certificates of the servers, where Node does not trust them: as PEM, or the path of a file with it. */
    NATS_CA: text.optional(),
    NATS_CA_FILE: text.optional(),
    /** Seed `SU…` of the program's own service. */
    NATS_NKEY_SEED: text.optional(),
    NATS_NKEY_SEED_FILE: text.optional(),
    /** The bearer JWT that leads to the callout, where servers do not add it. */
    NATS_SENTINEL: text.optional(),
    /** A JSON array of `WatchedConsumer`. */
    BACKLOGS: json.pipe(z.array(WatchedConsumer).min(1)),
    ENVIRONMENT: text,
    CLUSTER: text,
    /** Cluster of ECS whose services run what is counted for. Set: metrics go to CloudWatch. */
    ECS_CLUSTER: text.optional(),
    /** Time from one count to the next. */
    EVERY_SECONDS: seconds(15),
    HTTP_HOST: text.default("0.0.0.0"),
    /** Port for health and metrics. */
    HTTP_PORT: port(9090),
    LOG_LEVEL: logLevel,
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE"));
export type BacklogEnv = z.output<typeof BacklogEnv>;
