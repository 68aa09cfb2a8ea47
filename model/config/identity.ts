import { z } from "zod";
import { runs } from "./fleet";
import {
  accountName,
  bucketName,
  consumerOfStream,
  duration,
  label,
  matching,
  objectStoreName,
  streamName,
} from "./scalars";

/** A subject in which `{sub}` or `{claim.path}` stands for one whole token, encoded, never pasted. */
export const subjectTemplate = matching(
  /^(?:\{[^{}\s]+\}|[^\s.*>{}\p{Cc}\p{Cs}]+|\*)(?:\.(?:\{[^{}\s]+\}|[^\s.*>{}\p{Cc}\p{Cs}]+|\*))*(?:\.>)?$|^>$/u,
  "must be a subject whose placeholders such as {sub} are whole tokens; no spaces",
).max(1024);

const direction = z
  .strictObject({ allow: z.array(subjectTemplate).default([]), deny: z.array(subjectTemplate).default([]) })
  .prefault({});

const literalSubject = subjectTemplate.refine(
  (subject) => !subject.includes("{"),
  "must be literal: links and services have no claims",
);
const literalDirection = z.strictObject({
  allow: z.array(literalSubject).default([]),
  deny: z.array(literalSubject).default([]),
});

const grant = {
  /** Account that the user lands in. */
  account: accountName,
  /** Subjects that may be published to. An empty list permits nothing. */
  publish: direction,
  /** Subjects that may be listened to. Everybody may listen to inboxes of their own, and to no others. */
  subscribe: direction,
};

const answers = z.boolean();

export const permission = z.strictObject({
  ...grant,
  /** Lets the user answer services: it may publish to the inboxes of those that may ask it. */
  allowResponses: answers.default(false),
  /** Applies when every condition holds; without conditions it applies to every valid token. */
  when: z
    .array(
      z.strictObject({
        /** Dotted path of a claim, or its literal name. */
        claim: z.string().min(1),
        /** The claim is exactly this. */
        equals: z.union([z.string(), z.number(), z.boolean()], "must be text, a number or a boolean").optional(),
        /** The claim is a list with this element, or a text with this word. */
        includes: z.string().min(1).optional(),
      }),
    )
    .default([]),
});

/** What a service uses of JetStream, by name. It gets the subjects for exactly this. */
const uses = z
  .strictObject({
    /** Consumers as `STREAM/consumer`: their messages are pulled and acknowledged. */
    consumers: z.array(consumerOfStream).default([]),
    /** Streams whose messages are read one by one, by sequence or last of a subject. */
    streams: z.array(streamName).default([]),
    /** Buckets of keys, each a stream `KV_<bucket>` of the environment: `read` gets and watches, `write` also puts. */
    buckets: z.record(bucketName, z.enum(["read", "write"])).default({}),
    /** Object stores, each a stream `OBJ_<name>` of the environment: `read` gets and watches, `write` also puts and deletes. */
    objects: z.record(objectStoreName, z.enum(["read", "write"])).default({}),
  })
  .prefault({});

/** What one account's link between a hub and a leaf may carry, as the hub sees it. */
export const link = z.strictObject({
  /**
   * Subjects on which the leaf's side may publish to the hub. Without it everything but inboxes, JetStream's interface,
   * buckets and subjects of servers.
   */
  publish: literalDirection.optional(),
  /** Subjects of the hub that the leaf's side may listen to, beside its own inboxes. Without it the same. */
  subscribe: literalDirection.optional(),
  /** Streams, consumers and buckets of the hub that the leaf's side uses. */
  uses,
  /** Lets the leaf's side answer requests: it may publish to the inboxes of those who may ask it. */
  allowResponses: answers.default(false),
});

const service = z.strictObject({
  ...grant,
  /** Subjects that it publishes to. */
  publishes: z.array(literalSubject).default([]),
  /** Subjects on which it asks; answers come to its own inboxes. */
  asks: z.array(literalSubject).default([]),
  /**
   * Subjects whose requests it answers, in the inboxes of those who may ask. As a micro service of its own name it is also
   * found on `$SRV`.
   */
  serves: z.array(literalSubject).default([]),
  uses,
  /**
   * Lets the service answer requests: it may publish to the inboxes of those who may ask it. `"any-subject"` is NATS's
   * own: an answer goes wherever the request says, JetStream's interface included.
   */
  allowResponses: z.union([answers, z.literal("any-subject")], 'must be true, false or "any-subject"').default(false),
  /** How natsform runs the service beside a cluster; without it, it runs wherever you run it. */
  runs: runs.optional(),
});

const oidc = z.strictObject({
  /** The exact `iss` of the tokens. */
  issuer: z.url({ protocol: /^https$/, error: "must be an https URL: the exact `iss` of the tokens" }),
  /** Value that `aud` of the tokens must be or contain. */
  audience: z.string().min(1),
  /** Default: `<issuer>/.well-known/jwks.json`. */
  jwksUri: z.url({ protocol: /^https$/, error: "must be an https URL" }).optional(),
  /** Signatures that are accepted. */
  algorithms: z
    .array(z.enum(["RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"]))
    .min(1)
    .default(["RS256"]),
  /** Difference that the clocks of issuer and responders may have. */
  clockSkewSeconds: z.int().min(0).max(120).default(30),
});

const shared = {
  /** Issuer of the tokens. */
  oidc,
  /**
   * Grants of a valid token. The first rule that applies decides the account; all rules of that account that apply add
   * up.
   */
  permissions: z.array(permission).min(1, "must hold at least one rule: without one nobody gets in"),
  /** Programs that log in with an nkey of their own, verified by the callout. */
  services: z.record(label, service).default({}),
  /** Bounds the whole round trip of the callout. */
  timeoutSeconds: z.int().min(1).max(30).default(5),
  /** The longest a connection lives on one token. */
  maxLifetime: duration.prefault("1h"),
  /** Responders of each cluster; they share a queue group. */
  responders: z.int().min(1).max(10).default(2),
};

export const identity = z.discriminatedUnion("mode", [
  /** Accounts stand in the server's configuration. */
  z.strictObject({ mode: z.literal("callout"), ...shared }),
  /** Accounts are JWTs signed by an operator. */
  z.strictObject({
    mode: z.literal("operator"),
    ...shared,
    /** Name of the operator, as in its JWT. */
    operatorName: matching(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, dashes and underscores").default(
      "operator",
    ),
    /** `server`: every client may come with its token alone. `client`: clients must also present the sentinel JWT. */
    sentinel: z.enum(["server", "client"]).default("server"),
  }),
]);
