import { z } from "zod";
import { accountName, duration, label, matching } from "./scalars";

/** A subject in which `{sub}` or `{claim.path}` stands for one whole token, encoded, never pasted. */
export const subjectTemplate = matching(
  /^(?:\{[^{}\s]+\}|[^\s.*>{}\p{Cc}\p{Cs}]+|\*)(?:\.(?:\{[^{}\s]+\}|[^\s.*>{}\p{Cc}\p{Cs}]+|\*))*(?:\.>)?$|^>$/u,
  "must be a subject whose placeholders such as {sub} are whole tokens; no spaces",
).max(1024);

const direction = z
  .strictObject({ allow: z.array(subjectTemplate).default([]), deny: z.array(subjectTemplate).default([]) })
  .prefault({});

const grant = {
  /** Account that the user lands in. */
  account: accountName,
  /** Subjects that may be published to. An empty list permits nothing. */
  publish: direction,
  /** Subjects that may be listened to. Everybody may listen to inboxes of their own, and to no others. */
  subscribe: direction,
  /** Lets the user answer requests: it may publish once to each reply subject that it received. */
  allowResponses: z.boolean().default(false),
};

export const permission = z.strictObject({
  ...grant,
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
  services: z.record(label, z.strictObject(grant)).default({}),
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
