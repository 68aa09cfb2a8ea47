import { z } from "zod";
import { accountName, size, subject } from "./scalars";

/** Exactly one of `service` and `stream` is given; the checks between parts say so. */
const exported = z.strictObject({
  /** Subjects on which the account answers others: they ask, and the answer finds its way back. */
  service: subject.optional(),
  /** Subjects whose messages others may hear. */
  stream: subject.optional(),
  /** Accounts that may import it; without a list, all. */
  accounts: z.array(accountName).min(1, "must name an account; leave it out for all").optional(),
  /** Answers to one request: one, or of a service as many as there are, until two minutes pass without one. */
  response: z.enum(["singleton", "stream"]).optional(),
});

const source = z.strictObject({
  /** Account that exports it. */
  account: accountName,
  /** Subject there, or a part of what is exported. */
  subject,
});

const imported = z.strictObject({
  /** Service of another account: what is published here on the subject is asked there. */
  service: source.optional(),
  /** Messages of another account: what is published there is heard here. */
  stream: source.optional(),
  /** Subject here, where it is another one: with the same wildcards in the same order. */
  to: subject.optional(),
});

export const account = z.strictObject({
  jetstream: z
    .strictObject({
      enabled: z.boolean().default(true),
      maxMemory: size.optional(),
      maxFile: size.optional(),
      maxStreams: z.int().positive().optional(),
      /** Of one stream. Without it nats-server 2.15 allows 1000, where the stream itself has no limit; earlier ones, any number. */
      maxConsumers: z.int().positive().optional(),
    })
    .prefault({}),
  /** What other accounts may ask or hear of this one. */
  exports: z.array(exported).default([]),
  /** What this account asks or hears of others. */
  imports: z.array(imported).default([]),
});
