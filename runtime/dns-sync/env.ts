import { z } from "zod";
import { logLevel, text } from "../common/environment";

export * from "./contract";

const list = text.transform((names) => names.split(",").map((name) => name.trim()));

/** The environment of dns-sync. Its input is what a construct has to set. */
export const DnsSyncEnv = z.object({
  /** Name of the ECS cluster. */
  ECS_CLUSTER: text,
  /** ECS services whose tasks belong to the record, one for each server; separated by commas. */
  ECS_SERVICES: list,
  HOSTED_ZONE_ID: text,
  /** The client record, without a final dot. */
  RECORD_NAME: text,
  /** TXT record that names the owner of the client record, and its required value. */
  OWNERSHIP_RECORD_NAME: text,
  OWNER: text,
  /** Kind of a task's addresses to list: clients outside need the public ones. */
  ADDRESSES: z.enum(["public", "private"]).default("public"),
  TTL_SECONDS: z
    .string()
    .regex(/^\d{1,5}$/, "must be a whole number of seconds")
    .transform(Number)
    .default(60),
  /** With no healthy server the last addresses stay: an absent name is cached for longer than an address. */
  WHEN_EMPTY: z.enum(["keep", "delete"]).default("keep"),
  LOG_LEVEL: logLevel,
});
export type DnsSyncEnv = z.output<typeof DnsSyncEnv>;
