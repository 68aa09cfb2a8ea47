import { z } from "zod";
import { exactlyOne, logLevel, natsServers, port, seconds, text } from "../common/environment";

export * from "./spec";

/** The environment of the HTTP gateway. Its input is what a construct has to set. */
export const HttpGatewayEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
    /** CA certificates of the servers, where Node does not trust them: as PEM, or the path of a file with it. */
    NATS_CA: text.optional(),
    NATS_CA_FILE: text.optional(),
    /** Seed `SU…` of the gateway's own service. */
    NATS_NKEY_SEED: text.optional(),
    NATS_NKEY_SEED_FILE: text.optional(),
    /** The bearer JWT that leads to the callout, where servers do not add it. */
    NATS_SENTINEL: text.optional(),
    /** `GatewaySpec` as JSON. */
    GATEWAY_SPEC: text.optional(),
    GATEWAY_SPEC_FILE: text.optional(),
    /** Address for callers. */
    HTTP_HOST: text.default("0.0.0.0"),
    HTTP_PORT: port(8080),
    /** Port for health and metrics. Nobody from outside reaches it. */
    ADMIN_PORT: port(9090),
    /** Time between the end of readiness and the end of the work, in which balancers stop sending. */
    DRAIN_SECONDS: seconds(0),
    LOG_LEVEL: logLevel,
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE"))
  .refine(...exactlyOne("GATEWAY_SPEC", "GATEWAY_SPEC_FILE"));
export type HttpGatewayEnv = z.output<typeof HttpGatewayEnv>;
