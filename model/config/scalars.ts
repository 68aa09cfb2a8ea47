import { z } from "zod";
import { defaultRelease } from "./server-releases";
import { durationPattern, parseDuration, parseSize, sizePattern } from "./units";

/** Text of one form. The hint names the form, whatever the value is. */
export const matching = (pattern: RegExp, hint: string) => z.string(hint).regex(pattern, hint);

/** A text that is parsed once, here, so that no later layer meets a unit again. */
function parsed(pattern: RegExp, parse: (text: string) => number | undefined, hint: string) {
  return matching(pattern, hint).transform((text, ctx) => {
    const value = parse(text);
    if (value !== undefined) return value;
    ctx.addIssue({ code: "custom", message: "is more than can be counted exactly" });
    return z.NEVER;
  });
}

/** A size such as `8MiB`; bytes after parsing. */
export const size = parsed(sizePattern, parseSize, "must be a size such as 512KiB, 8MiB or 100GiB");
/** A duration such as `30s` or `7d`; milliseconds after parsing. */
export const duration = parsed(durationPattern, parseDuration, "must be a duration such as 500ms, 30s, 5m, 12h or 7d");

/** A duration that is not nothing, where NATS would read nothing as its own default or as no limit at all. */
export const period = duration.refine((ms) => ms > 0, "must be longer than nothing; leave it out for the default");

/** A DNS label: environments, clusters and hosts become parts of names, so they must fit one. */
export const label = matching(
  /^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/,
  "must be lower-case letters, digits and dashes, at most 32, starting with a letter, not ending with a dash",
);
export const hostname = matching(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
  "must be a host name such as nats.example.com",
).max(253, "must be a host name of at most 253 characters");
export const accountName = matching(/^[A-Z][A-Z0-9_]{0,31}$/, "must be UPPER_SNAKE, at most 32 characters");
export const streamName = matching(/^[A-Z][A-Z0-9_]{0,31}$/, "must be UPPER_SNAKE, at most 32 characters");
export const bucketName = matching(/^[A-Z0-9_]{1,29}$/, "must be UPPER_SNAKE, at most 29 characters");
export const objectStoreName = matching(/^[A-Z0-9_]{1,28}$/, "must be UPPER_SNAKE, at most 28 characters");
export const consumerName = matching(
  /^[A-Za-z0-9_-]{1,64}$/,
  "must be letters, digits, dashes and underscores, at most 64",
);
export const consumerOfStream = matching(
  /^[A-Z][A-Z0-9_]{0,31}\/[A-Za-z0-9_-]{1,64}$/,
  "must be STREAM/consumer, such as ORDERS/fulfilment",
);
export const tag = matching(
  /^[a-z0-9._-]+:[a-z0-9._-]+$/,
  "must be a tag such as territory:dk (lower case: servers compare tags so)",
);

/** Key and value of a tag as AWS takes them; what else there is in one ends an apply half way. */
const tagText = "letters, digits, spaces and _ . : / = + - @";
export const resourceTagKey = matching(
  /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/iu,
  `must be ${tagText}, at most 128, and not begin with aws:`,
);
export const resourceTagValue = matching(/^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u, `must be ${tagText}, at most 256`);

/** A subject or wildcard: tokens without spaces or dots, `*` for one token, `>` for the rest. */
export const subject = matching(
  /^(?:[^\s.*>\p{Cc}\p{Cs}]+|\*)(?:\.(?:[^\s.*>\p{Cc}\p{Cs}]+|\*))*(?:\.>)?$|^>$/u,
  "must be a subject: tokens joined by dots, * for one token, > last for the rest, no spaces",
).max(1024);

/** A calendar day, compared as text. */
export const day = z.iso.date("must be a day such as 2027-01-31");
/** A secret by reference. Its value never enters this process, the synthesized JSON or the state. */
export const secretRef = z.strictObject({ secret: z.string().min(1), key: z.string().min(1).optional() });
export const version = matching(/^2\.\d{1,2}\.\d{1,3}$/, `must be a nats-server version such as ${defaultRelease}`);
