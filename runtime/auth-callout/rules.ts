import { z } from "zod";
import { isPublicKey } from "../nkeys/nkey";
import { reservedBy } from "../subjects/spec";
import { hasPlaceholder, templateProblem } from "./subject-template";

/** Accounts that no callout may put anyone into: the system's, the callout's own, and NATS's implicit ones. */
const RESERVED_ACCOUNTS = ["SYS", "AUTH", "$SYS", "$G"];
const isReserved = (account: string) => RESERVED_ACCOUNTS.includes(account.toUpperCase());

const publicKey = (kind: "A" | "U") =>
  z.string().refine((key) => isPublicKey(kind, key), `must be a public key ${kind}… with a correct checksum`);

const subject = z.string().superRefine((template, context) => {
  const problem = templateProblem(template);
  if (problem !== undefined)
    context.addIssue({ code: "custom", message: `${problem}; got ${JSON.stringify(template)}` });
});
/** Servers, JetStream and natsform's programs have subjects of their own: lint knows them too, for who runs without it. */
const allowed = subject.superRefine((template, context) => {
  const reserved = templateProblem(template) === undefined ? reservedBy(template) : undefined;
  if (reserved !== undefined)
    context.addIssue({ code: "custom", message: `would grant ${reserved}; got ${JSON.stringify(template)}` });
});

const grant = {
  /** Key of {@link AuthRules.accounts}. */
  account: z.string(),
  publish: z.strictObject({ allow: z.array(allowed), deny: z.array(subject).optional() }),
  subscribe: z.strictObject({ allow: z.array(allowed), deny: z.array(subject).optional() }),
};
/** Publishing to the inboxes of those who may ask: whose `publish` meets this `subscribe`. */
const answering = z.boolean();

const condition = z
  .strictObject({
    /** A top-level claim of exactly this name, or else a dotted path. */
    claim: z.string().min(1),
    equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
    /** An element of a list, or a word of a text such as `scope`. */
    includes: z.string().min(1).optional(),
  })
  .refine(({ equals, includes }) => equals !== undefined || includes !== undefined, "must say equals or includes");

const rule = z.strictObject({ ...grant, allowResponses: answering.optional(), when: z.array(condition).optional() });
const service = z.strictObject({
  name: z.string().min(1),
  ...grant,
  /**
   * `any-subject` is NATS's own: one answer within two minutes to whatever subject a request names. Whoever may ask such
   * a service publishes with the service's hand, also to JetStream.
   */
  allowResponses: answering.or(z.literal("any-subject")).optional(),
});

/** SHA-256 of a certificate as X.509 tools print it: `AB:CD:…`. */
const fingerprint = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/, "must be a SHA-256 fingerprint AB:CD:…");
/** What its link may carry stands in the hub's configuration otherwise: other lists than those of tokens and services. */
const leaf = z.strictObject({
  name: z.string().min(1),
  account: z.string(),
  publish: z.strictObject({ allow: z.array(subject).min(1), deny: z.array(subject).optional() }),
  subscribe: z.strictObject({ allow: z.array(subject).min(1), deny: z.array(subject).optional() }),
  certificate: z.strictObject({
    /** Name in a certificate of the hub's own authority. */
    name: z.string().min(1),
    /** Authorities that sign for this leaf alone, where it brings one. */
    authorities: z.array(fingerprint).optional(),
    /** Those of other leafs and clusters: a name in what they sign says nothing here. */
    others: z.array(fingerprint).optional(),
  }),
});

/**
 * Rules by which the responder grants permissions (`AUTH_RULES`).
 *
 * A subject may hold placeholders: `{sub}` or `{claim.path}` stands for one whole token, encoded; a list gives one
 * subject for each element. There are no limits of subscriptions or payload: nats-server does not apply those of users
 * from a callout.
 */
export const AuthRules = z
  .strictObject({
    mode: z.enum(["callout", "operator"]),
    /**
     * The accounts that users may land in, by the name that rules use. `id` is the account's name in the server's
     * configuration or, in operator mode, its public key; `signer` is the public key that signs its users there,
     * by default the account's own. A scoped signing key does not work: servers refuse permissions signed with one.
     * `asked` are the subjects of the account on which others import its services.
     */
    accounts: z.record(
      z.string(),
      z.strictObject({
        id: z.string().min(1),
        signer: publicKey("A").optional(),
        asked: z.array(z.string().min(1)).optional(),
      }),
    ),
    /**
     * For holders of OIDC tokens. The first rule that applies decides the account; all rules of that account add up.
     */
    permissions: z.array(rule),
    /** For services that log in with an nkey, by public key. Their subjects are literal. */
    services: z.record(publicKey("U"), service),
    /** Leaf nodes that log in with an nkey and a certificate of their own, by public key. */
    leafs: z.record(publicKey("U"), leaf).optional(),
    /**
     * Leaf nodes whose side may ask: over their link they are answered in these inboxes. Services that answer may publish
     * there where the link may ask them.
     */
    links: z
      .array(
        z.strictObject({
          account: z.string(),
          inboxes: z.string().regex(/^_INBOX_[^.*>\s]+\.>$/, "must be the inboxes of one leaf: _INBOX_<leaf>.>"),
          publish: z.strictObject({ allow: z.array(subject), deny: z.array(subject).optional() }),
        }),
      )
      .optional(),
    /**
     * Name of the leaf that the responder's cluster is. Its identities have inboxes below `_INBOX_<leaf>` too, which its
     * link carries.
     */
    leaf: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, "must be letters, digits and dashes")
      .optional(),
    /** Longest time that a connection lives on one login. */
    maxLifetimeSeconds: z.int().min(1).max(86_400).default(3600),
    /** Cannot be turned off: every identity subscribes to `_INBOX.<identity>.>` and to nobody else's inbox. */
    privateInbox: z.literal(true).optional(),
  })
  .superRefine(({ mode, accounts, permissions, services, leafs = {} }, context) => {
    const issue = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });

    for (const [name, { id, signer }] of Object.entries(accounts)) {
      for (const [path, account] of [
        [["accounts", name], name],
        [["accounts", name, "id"], id],
      ] as const)
        if (isReserved(account)) issue([...path], `must be an account of applications; ${account} is not`);
      if (mode === "operator" && !isPublicKey("A", id))
        issue(["accounts", name, "id"], `must be the account's public key A…; got ${JSON.stringify(id)}`);
      if (mode === "callout" && signer !== undefined)
        issue(["accounts", name, "signer"], "is for operator mode: here the issuer signs all users");
    }
    const grants = [
      ...permissions.map((grant, index) => [["permissions", index], grant] as const),
      ...Object.entries(services).map(([key, grant]) => [["services", key], grant] as const),
      ...Object.entries(leafs).map(([key, grant]) => [["leafs", key], grant] as const),
    ];
    for (const [path, { account }] of grants)
      if (!Object.hasOwn(accounts, account))
        issue(
          [...path, "account"],
          `must be one of ${Object.keys(accounts).join(", ")}; got ${JSON.stringify(account)}`,
        );

    for (const [key, { publish, subscribe }] of Object.entries(services))
      for (const [direction, lists] of Object.entries({ publish, subscribe }))
        for (const [list, subjects] of Object.entries(lists))
          (subjects ?? []).forEach((template, index) => {
            if (hasPlaceholder(template))
              issue(
                ["services", key, direction, list, index],
                `must be literal: a service has no claims; got ${template}`,
              );
          });
  });
export type AuthRules = z.output<typeof AuthRules>;
export type Rule = AuthRules["permissions"][number];
export type Service = AuthRules["services"][string];
export type Leaf = NonNullable<AuthRules["leafs"]>[string];
export type Condition = NonNullable<Rule["when"]>[number];
